import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../../src/core/bytes.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import {
  certificateKey,
  identityOf,
  parseCertificate,
  parseCertificateChainPem,
  signedBy,
} from '../../../src/entry/x509/certificate.ts';
import { bits, der, explicit, int, octets, oid, sequence, text } from '../../fixtures/der-writer.ts';
import { type KeyName, testKey } from '../../fixtures/make.ts';
import { certificate, email, fulcio, otherName, pem, uri, withTrailingByte } from '../../fixtures/make-certificate.ts';
import { codeOf } from '../code-of.ts';

const key = testKey('p256');
const plain = certificate({ key });

describe('a certificate', () => {
  it('is read as node:crypto reads it', () => {
    const made = certificate({ key, names: [email('dev@example.com'), uri('https://ci.example/a')] });
    const read = parseCertificate(made);
    const native = new X509Certificate(made);
    expect(read.spki).toEqual(key.spki);
    expect(toHex(read.serial).replace(/^00/, '')).toBe(native.serialNumber.toLowerCase());
    expect(new Date(read.notBefore * 1000)).toEqual(new Date(native.validFrom));
    expect(new Date(read.notAfter * 1000)).toEqual(new Date(native.validTo));
    expect(certificateKey(read).type).toBe('ecdsa-p256');
  });

  it('states identities that nobody has verified', () => {
    const extensions = [fulcio(1, 'https://old.example'), fulcio(8, 'https://issuer.example'), fulcio(15, '4711')];
    const read = parseCertificate(certificate({ key, extensions, names: [email('a@b.c'), otherName('user!host')] }));
    expect(identityOf(read)).toEqual({
      names: ['a@b.c', 'user!host'],
      issuer: 'https://issuer.example',
      facts: {
        issuer: 'https://old.example',
        otherName: 'user!host',
        issuerV2: 'https://issuer.example',
        sourceRepositoryIdentifier: '4711',
      },
      chain: 'unverified',
    });
    const old = parseCertificate(certificate({ key, extensions: extensions.slice(0, 1), names: [] }));
    expect(identityOf(old)).toMatchObject({ names: [], issuer: 'https://old.example' });
  });

  it.each([
    ['a trailing byte', withTrailingByte(plain)],
    ['a missing byte', plain.subarray(0, -1)],
    ['nothing', new Uint8Array(0)],
    ['version 1', certificate({ key, version: 0 })],
    ['a month 13', certificate({ key, notBefore: text('261301000000Z', 0x17) })],
    ['a 30th of February', certificate({ key, notBefore: text('260230000000Z', 0x17) })],
    ['a time with an offset', certificate({ key, notBefore: text('260101000000+0100', 0x17) })],
    ['an extension twice', certificate({ key, extensions: [fulcio(8, 'a'), fulcio(8, 'b')] })],
    ['an issuer that is not UTF-8', certificate({ key, extensions: [fulcioRaw(Uint8Array.of(0x0c, 1, 0xff))] })],
    ['an issuer with bytes after it', certificate({ key, extensions: [fulcioRaw(Uint8Array.of(0x0c, 1, 0x61, 0))] })],
    [
      'names that are no sequence',
      certificate({ key, names: [], extensions: [sequence(oid('2.5.29.17'), octets(int(1)))] }),
    ],
    ['a padded serial number', certificate({ key, serial: der(0x02, Uint8Array.of(0, 1)) })],
    ['two signature algorithms', twoAlgorithms()],
  ])('is refused with %s', (_, bytes) => {
    expect(codeOf(() => parseCertificate(bytes))).toBe('malformed_certificate');
  });

  it('of more than 16 KiB is refused', () => {
    const names = Array.from({ length: 1000 }, (_, i) => uri(`https://example.com/${i}`));
    expect(codeOf(() => parseCertificate(certificate({ key, names })))).toBe('limit_exceeded');
  });

  it('is told from a private key', () => {
    const pkcs8 = Uint8Array.from(key.privateKey.export({ type: 'pkcs8', format: 'der' }));
    expect(codeOf(() => parseCertificate(pkcs8))).toBe('private_key_submitted');
    expect(codeOf(() => parseCertificateChainPem(pem('CERTIFICATE', plain) + key.privatePem))).toBe(
      'private_key_submitted',
    );
  });
});

describe('a chain', () => {
  it('holds 1 to 10 certificates', () => {
    const chain = (count: number) => parseCertificateChainPem(pem('CERTIFICATE', ...Array(count).fill(plain)));
    expect(chain(10)).toHaveLength(10);
    expect(codeOf(() => chain(11))).toBe('limit_exceeded');
    expect(codeOf(() => chain(0))).toBe('malformed_certificate');
  });

  it.each([
    ['text between', `${pem('CERTIFICATE', plain)}x\n${pem('CERTIFICATE', plain)}`],
    ['a public key', pem('PUBLIC KEY', key.spki)],
    ['a key of the wrong label', pem('CERTIFICATE', key.spki)],
  ])('is refused with %s', (_, text) => {
    expect(codeOf(() => parseCertificateChainPem(text))).toBe('malformed_certificate');
  });
});

describe.each<KeyName>(['p256', 'p384', 'p521', 'rsa2048', 'ed25519'])('a certificate signed by %s', (kind) => {
  const root = { key: testKey(kind, 'root'), name: 'root' };
  const ca = parseCertificate(certificate({ key: root.key, name: 'root' }));
  const leaf = parseCertificate(certificate({ key, issuer: root }));

  it('is known to be, as node:crypto knows', () => {
    expect(signedBy(leaf, ca, portableChecks)).toBe(true);
    expect(new X509Certificate(leaf.der).verify(root.key.publicKey)).toBe(true);
  });

  it('is not taken for one of another key or another name', () => {
    const other = parseCertificate(certificate({ key: testKey(kind, 'other'), name: 'root' }));
    const renamed = parseCertificate(certificate({ key: root.key, name: 'Root' }));
    expect(signedBy(leaf, other, portableChecks)).toBe(false);
    expect(signedBy(leaf, renamed, portableChecks)).toBe(false);
    expect(signedBy(ca, leaf, portableChecks)).toBe(false);
  });
});

function fulcioRaw(value: Uint8Array): Uint8Array {
  return sequence(oid('1.3.6.1.4.1.57264.1.8'), octets(value));
}

function twoAlgorithms(): Uint8Array {
  const tbs = sequence(
    explicit(0, int(2)),
    int(1),
    sequence(oid('1.2.840.10045.4.3.2')),
    sequence(),
    sequence(text('260101000000Z', 0x17), text('270101000000Z', 0x17)),
    sequence(),
    key.spki,
  );
  return sequence(tbs, sequence(oid('1.2.840.10045.4.3.3')), bits(concat(Uint8Array.of(1))));
}
