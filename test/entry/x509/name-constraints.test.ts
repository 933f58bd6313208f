import { expect, it } from 'vitest';
import { isLogError } from '../../../src/core/errors.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { verifyCertificatePath } from '../../../src/entry/x509/certificate-path.ts';
import { der, explicit, int, oid, sequence, set, text } from '../../fixtures/der-writer.ts';
import { testKey } from '../../fixtures/make.ts';
import { distinguishedName, email, otherName, uri } from '../../fixtures/make-certificate.ts';
import { constraints, type Issued, issueCa, issueLeaf } from './issue-certificate.ts';

const dns = (value: string): Uint8Array => text(value, 0x82);
const ip = (...bytes: number[]): Uint8Array => der(0x87, Uint8Array.from(bytes));
const directory = (name: Uint8Array): Uint8Array => explicit(4, name);
const organisation = (...parts: string[]): Uint8Array =>
  sequence(...parts.map((part) => set(sequence(oid('2.5.4.10'), text(part)))));
const mailSubject = sequence(set(sequence(oid('1.2.840.113549.1.9.1'), text('a@evil.example', 0x16))));

/** What becomes of names under one CA with the constraints. */
function verdict(extension: Uint8Array, names: Uint8Array[], subject = sequence()): string {
  const ca = issueCa({ name: 'ca', extensions: [extension] });
  return judged(issueLeaf({ name: 'leaf', by: ca, names, subject }), [], ca);
}

function judged(leaf: Issued, between: Issued[], anchor: Issued): string {
  try {
    verifyCertificatePath({
      leaf: leaf.certificate,
      intermediates: between.map(({ certificate }) => certificate),
      anchors: [anchor.certificate],
      time: Date.UTC(2026, 5, 1) / 1000,
      purpose: 'code-signing',
      checks: portableChecks,
    });
    return 'accepted';
  } catch (error) {
    if (isLogError(error, 'certificate_rejected'))
      return /excluded|not permitted|cannot be|unknown form|too many/.exec(error.message)![0];
    throw error;
  }
}

it.each<[string, Uint8Array[], Uint8Array, string]>([
  ['a host', [dns('host.example')], dns('host.example'), 'accepted'],
  ['a host in capitals', [dns('Host.Example')], dns('hOST.example'), 'accepted'],
  ['a host below', [dns('example')], dns('a.host.example'), 'accepted'],
  ['a host that only ends alike', [dns('host.example')], dns('ghost.example'), 'not permitted'],
  ['a host below a dot', [dns('.example')], dns('a.example'), 'accepted'],
  ['the host after a dot', [dns('.a.example')], dns('a.example'), 'not permitted'],
  ['any host under an empty name', [dns('')], dns('a.example'), 'accepted'],
  ['a host that is not one', [dns('example')], dns('a b.example'), 'cannot be'],
  ['a mailbox', [email('dev@example.com')], email('dev@example.com'), 'accepted'],
  ['a mailbox in other case', [email('dev@example.com')], email('Dev@example.com'), 'not permitted'],
  ['a mailbox of a host', [email('example.com')], email('Any@Example.com'), 'accepted'],
  ['a mailbox of a host below', [email('example.com')], email('a@b.example.com'), 'not permitted'],
  ['a mailbox below a dot', [email('.example.com')], email('a@b.example.com'), 'accepted'],
  ['a mailbox of two hosts', [email('example.com')], email('a@evil.example@example.com'), 'cannot be'],
  ['a URI of a host', [uri('example.com')], uri('https://example.com/x'), 'accepted'],
  ['a URI with a port', [uri('example.com')], uri('https://me@example.com:8443?x'), 'accepted'],
  ['a URI of a host below', [uri('example.com')], uri('https://a.example.com/x'), 'not permitted'],
  ['a URI below a dot', [uri('.example.com')], uri('https://a.example.com/x'), 'accepted'],
  [
    'a URI that names the host as user',
    [uri('example.com')],
    uri('https://example.com@evil.example/'),
    'not permitted',
  ],
  ['a URI that hides its host', [uri('example.com')], uri('https://evil.example\\@example.com/'), 'cannot be'],
  ['a URI of an address', [uri('example.com')], uri('https://192.0.2.1/'), 'cannot be'],
  ['a URI without a host', [uri('example.com')], uri('urn:example.com'), 'cannot be'],
  ['an address', [ip(192, 0, 2, 0, 255, 255, 255, 0)], ip(192, 0, 2, 9), 'accepted'],
  ['an address beside', [ip(192, 0, 2, 0, 255, 255, 255, 0)], ip(192, 0, 3, 9), 'not permitted'],
  ['an address of the other version', [ip(...Array(32).fill(0))], ip(192, 0, 2, 9), 'not permitted'],
  ['an address of wrong length', [ip(...Array(8).fill(0))], ip(192, 0, 2), 'cannot be'],
  ['one of several', [dns('a.example'), dns('b.example')], dns('b.example'), 'accepted'],
  ['a name of another form', [dns('a.example')], email('a@b.example'), 'accepted'],
])('permits or not: %s', (_, permitted, name, outcome) => {
  expect(verdict(constraints({ permitted }), [name])).toBe(outcome);
});

it.each<[string, Uint8Array[], Uint8Array, string]>([
  ['a host', [dns('host.example')], dns('a.host.example'), 'excluded'],
  ['a host beside', [dns('host.example')], dns('a.example'), 'accepted'],
  ['many hosts of which one is', [dns('host.example')], dns('*.example'), 'excluded'],
  ['many hosts beside', [dns('host.example')], dns('*.other.example'), 'accepted'],
  ['a URI', [uri('.example.com')], uri('https://a.example.com/x'), 'excluded'],
  ['a mailbox', [email('example.com')], email('a@EXAMPLE.com'), 'excluded'],
  ['an address', [ip(10, 0, 0, 0, 255, 0, 0, 0)], ip(10, 1, 2, 3), 'excluded'],
])('excludes or not: %s', (_, excluded, name, outcome) => {
  expect(verdict(constraints({ excluded }), [name])).toBe(outcome);
});

it.each<[string, Uint8Array, string]>([
  ['the same in other case and spacing', organisation('example  corp', 'unit'), 'accepted'],
  ['the base alone', organisation('Example Corp'), 'accepted'],
  ['another', organisation('Other Corp', 'Example Corp'), 'not permitted'],
])('permits subjects below a directory name: %s', (_, subject, outcome) => {
  const extension = constraints({ permitted: [directory(organisation('Example Corp'))] });
  expect(verdict(extension, [], subject)).toBe(outcome);
});

it('excludes subjects below a directory name', () => {
  const extension = constraints({ excluded: [directory(organisation('Example Corp'))] });
  expect(verdict(extension, [], organisation('EXAMPLE CORP', 'x'))).toBe('excluded');
});

it('binds a mail address within the subject too', () => {
  expect(verdict(constraints({ permitted: [email('example.com')] }), [email('a@example.com')], mailSubject)).toBe(
    'not permitted',
  );
});

it('refuses constraints of unknown forms where they are critical', () => {
  const permitted = [otherName('user')];
  expect(verdict(constraints({ permitted }), [uri('https://a.example')])).toBe('unknown form');
  expect(verdict(constraints({ permitted }, false), [uri('https://a.example')])).toBe('accepted');
});

it.each([
  ['no list entries', sequence(explicit(0))],
  ['a list twice', sequence(explicit(0, sequence(dns('a'))), explicit(0, sequence(dns('b'))))],
  ['a distance', sequence(explicit(0, sequence(dns('a'), der(0x80, Uint8Array.of(1)))))],
  ['half a mask', sequence(explicit(0, sequence(ip(1, 2, 3, 4, 255, 255))))],
  ['a number', int(1)],
])('refuses constraints with %s', (_, value) => {
  const extension = sequence(oid('2.5.29.30'), der(0x01, Uint8Array.of(0xff)), der(0x04, value));
  expect(verdict(extension, [dns('a')])).toBe('cannot be');
});

it('refuses more names than can be compared', () => {
  const names = Array.from({ length: 300 }, (_, i) => dns(`a${i}.example`));
  const permitted = Array.from({ length: 100 }, (_, i) => dns(`b${i}.example`));
  expect(verdict(constraints({ permitted }), names)).toBe('too many');
});

it('binds through the CAs between, but not a self-issued one', () => {
  const anchor = issueCa({
    name: 'anchor',
    extensions: [constraints({ excluded: [directory(distinguishedName('anchor')), dns('evil.example')] })],
  });
  const renewed = issueCa({ name: 'anchor', key: testKey('p256', 'renewed'), by: anchor });
  const named = (name: string): Issued => issueLeaf({ name: 'leaf', by: renewed, names: [dns(name)] });
  expect(judged(named('good.example'), [renewed], anchor)).toBe('accepted');
  expect(judged(named('evil.example'), [renewed], anchor)).toBe('excluded');
});
