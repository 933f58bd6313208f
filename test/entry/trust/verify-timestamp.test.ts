import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../../../src/core/bytes.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import type { TrustedAuthority } from '../../../src/entry/trust/trusted-root.ts';
import { verifyTimestamp } from '../../../src/entry/trust/verify-timestamp.ts';
import { pathExtensions } from '../../../src/entry/x509/path-extensions.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';
import { der, explicit, int, octets, oid, sequence } from '../../fixtures/der-writer.ts';
import { flips } from '../../fixtures/flips.ts';
import {
  namedBySha1,
  namedBySha256,
  namedBySha512,
  type TokenOptions,
  timestampToken,
} from '../../fixtures/timestamp-token.ts';
import { codeOf } from '../code-of.ts';
import {
  DIGITAL_SIGNATURE,
  extension,
  type Issued,
  type IssueOptions,
  issue,
  issueCa,
  TIME_STAMPING,
} from '../x509/issue-certificate.ts';

const signature = utf8('a signature');
const NOON = Date.parse('2026-06-01T12:00:00Z') / 1000;

const root = issueCa({ name: 'tsa root', kind: 'p384' });
const leafOptions: IssueOptions = {
  name: 'tsa',
  by: root,
  names: [],
  usage: [DIGITAL_SIGNATURE],
  purposes: [TIME_STAMPING],
  purposesCritical: true,
  notBefore: '20260101000000Z',
  notAfter: '20270101000000Z',
  extensions: [extension('2.5.29.14', false, octets(fromHex('c0ffee')))],
};
const leaf = issue(leafOptions);

/** The authority's leaf is in the root's list; without it the leaf must come along. */
const authority = (...chain: Issued[]): TrustedAuthority => ({
  uri: 'https://tsa.example',
  certificates: chain.map(({ certificate }) => certificate),
  validFor: { start: 0, end: undefined },
});
const pinned = authority(leaf, root);
const open = authority(root);

const token = (more: Partial<TokenOptions> = {}): Uint8Array =>
  timestampToken(signature, { signer: leaf, time: '20260601120000Z', ...more });
const verify = (response: Uint8Array, ...authorities: TrustedAuthority[]) =>
  verifyTimestamp(response, signature, authorities.length > 0 ? authorities : [pinned], nativeChecks);
const refused = (response: Uint8Array, ...authorities: TrustedAuthority[]) =>
  codeOf(() => verify(response, ...authorities));

describe('a timestamp', () => {
  it('is taken from an authority whose certificate is in the trusted root', () => {
    expect(verify(token())).toEqual({ time: NOON, authority: pinned });
  });

  it('is taken from an authority whose certificate came along', () => {
    expect(verify(token({ embedded: [leaf.certificate] }), open)?.time).toBe(NOON);
  });

  it.each(['p256', 'p384', 'p521', 'rsa2048'] as const)('may be signed with %s', (kind) => {
    const signer = issue({ ...leafOptions, key: undefined!, kind, name: `tsa ${kind}` });
    expect(verify(token({ signer }), authority(signer, root))?.time).toBe(NOON);
  });

  it.each(['sha256', 'sha384', 'sha512'] as const)('may be hashed with %s', (hash) => {
    expect(verify(token({ hash }))?.time).toBe(NOON);
  });

  it('is judged alike in portable code', () => {
    expect(verifyTimestamp(token(), signature, [pinned], portableChecks)?.time).toBe(NOON);
  });

  it('may name its signer by the key', () => {
    expect(pathExtensions(leaf.certificate).subjectKeyId).toBe('c0ffee');
    expect(verify(token({ keyId: fromHex('c0ffee') }))?.time).toBe(NOON);
    expect(verify(token({ keyId: fromHex('c0ffef') }))).toBeUndefined();
  });

  it.each([
    ['SHA-1', namedBySha1],
    ['SHA-512', namedBySha512],
  ] as const)('may name the certificate by its %s', (_, named) => {
    expect(verify(token({ named: [named(leaf.certificate)] }))?.time).toBe(NOON);
  });

  it('keeps fractions of its time, whatever digit they end in', () => {
    expect(verify(token({ time: '20260601120000.120Z' }))?.time).toBeCloseTo(NOON + 0.12, 6);
  });

  it('may have all that TSTInfo allows', () => {
    const rest = [
      sequence(int(1), der(0x80, Uint8Array.of(1))),
      der(0x01, Uint8Array.of(0xff)),
      int(99),
      explicit(0, der(0xa4, sequence())),
      explicit(1, sequence(oid('1.2.3'), octets(Uint8Array.of(5, 0)))),
    ];
    expect(verify(token({ rest }))?.time).toBe(NOON);
  });

  const other = issue({ ...leafOptions, name: 'other tsa' });
  const rogueRoot = issueCa({ name: 'rogue root' });
  const rogue = issue({ ...leafOptions, name: 'rogue', by: rogueRoot });
  it.each<[string, Uint8Array, TrustedAuthority[]]>([
    ['by an unknown authority', token({ signer: rogue }), [pinned]],
    [
      'by an unknown authority that brings its certificates',
      token({ signer: rogue, embedded: [rogue.certificate, rogueRoot.certificate] }),
      [open],
    ],
    [
      'by another certificate of the same CA than the one that the root names',
      token({ signer: other, embedded: [other.certificate] }),
      [pinned],
    ],
    ['whose certificate is nowhere', token(), [open]],
    ['where there is no authority', token(), []],
  ])('says nothing %s', (_, response, authorities) => {
    expect(verifyTimestamp(response, signature, authorities, nativeChecks)).toBeUndefined();
  });

  /** Rogues that use the name of the trusted root. */
  const sameName = issueCa({ name: 'tsa root', key: rogue.key });
  const impostor = issue({ ...leafOptions, name: 'tsa', by: { key: rogue.key, name: 'tsa root' } });
  const noPurpose = issue({ ...leafOptions, name: 'no purpose', purposes: undefined });
  const codeSigner = issue({ ...leafOptions, name: 'code signer', purposes: ['1.3.6.1.5.5.7.3.3'] });
  it.each<[string, Uint8Array, TrustedAuthority[]]>([
    ['is of another signature', timestampToken(utf8('another'), { signer: leaf, time: '20260601120000Z' }), [pinned]],
    ['is signed with another key', token({ signer: { ...leaf, key: rogue.key } }), [pinned]],
    [
      'comes with a certificate of a CA that only has the name',
      token({ signer: impostor, embedded: [impostor.certificate, sameName.certificate] }),
      [open],
    ],
    ['is by a certificate for no purpose', token({ signer: noPurpose }), [authority(noPurpose, root)]],
    ['is by a certificate for code signing', token({ signer: codeSigner }), [authority(codeSigner, root)]],
    ['is from before the certificate', token({ time: '20251231235959Z' }), [pinned]],
    ['is from after the certificate', token({ time: '20270101000001Z' }), [pinned]],
    ['names no certificate', token({ named: [] }), [pinned]],
    ['names another certificate', token({ named: [namedBySha256(root.certificate)] }), [pinned]],
    [
      'names two certificates',
      token({ named: [namedBySha1(root.certificate), namedBySha256(leaf.certificate)] }),
      [pinned],
    ],
    ['states another content type', token({ contentType: '1.2.840.113549.1.7.1' }), [pinned]],
    ['states another digest', token({ messageDigest: new Uint8Array(32) }), [pinned]],
    ["names an algorithm that is not the key's", token({ signatureAlgorithm: '1.2.840.113549.1.1.11' }), [pinned]],
    ['was refused by the authority', token({ status: 2 }), [pinned]],
    ['has two signers', token({ signers: 2 }), [pinned]],
    ['has no signer', token({ signers: 0 }), [pinned]],
    [
      'has a critical extension',
      token({ rest: [explicit(1, sequence(oid('1.2.3'), der(0x01, Uint8Array.of(0xff)), octets(int(1))))] }),
      [pinned],
    ],
    ['has a time that is none', token({ time: '20260230120000Z' }), [pinned]],
    ['is no DER', Uint8Array.of(0x30, 0x80, 0, 0), [pinned]],
  ])('is refused where it %s', (_, response, authorities) => {
    expect(refused(response, ...authorities)).toBe('time_unproven');
  });

  it('counts from the first to the last moment for which its authority is trusted', () => {
    const within = (start: number, end: number) => refused(token(), { ...pinned, validFor: { start, end } });
    expect([within(NOON, NOON), within(NOON - 9, NOON)]).toEqual([undefined, undefined]);
    expect([within(NOON + 1, NOON + 9), within(NOON - 9, NOON - 1)]).toEqual(['time_unproven', 'time_unproven']);
  });

  it('counts from the first to the last second of its certificate', () => {
    expect([token({ time: '20260101000000Z' }), token({ time: '20270101000000Z' })].map((one) => refused(one))).toEqual(
      [undefined, undefined],
    );
  });

  it('may be of an authority that the root names for several periods', () => {
    const past = { ...pinned, validFor: { start: 0, end: NOON - 1 } };
    expect(verify(token(), past, pinned)?.authority).toBe(pinned);
  });

  it('proves nothing else once any byte of it is changed', () => {
    const timeOf = (changed: Uint8Array): number | undefined => {
      try {
        return verify(changed)?.time;
      } catch {
        return undefined;
      }
    };
    const times = [...flips(token())].map(timeOf);
    const accepted = times.filter((time) => time !== undefined);
    expect(new Set(accepted)).toEqual(new Set([NOON]));
    // What is left are bytes that say nothing: versions, and the list of hashes before the content.
    expect(accepted.length).toBeLessThan(24);
  });
});
