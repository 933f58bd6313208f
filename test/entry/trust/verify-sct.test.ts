import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { readTrustedKey } from '../../../src/entry/trust/trusted-key.ts';
import type { TrustedLog } from '../../../src/entry/trust/trusted-root.ts';
import { verifyScts } from '../../../src/entry/trust/verify-sct.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';
import { octets } from '../../fixtures/der-writer.ts';
import { type KeyName, testKey } from '../../fixtures/make.ts';
import { SCT_LIST, type SctOptions, sctExtension } from '../../fixtures/sct.ts';
import { codeOf } from '../code-of.ts';
import { extension, type Issued, issueCa, issueLeaf } from '../x509/issue-certificate.ts';

const NOON = Date.parse('2026-06-01T12:00:00Z');
const ca = issueCa({ name: 'ca', kind: 'p384' });
const otherCa = issueCa({ name: 'other ca' });

const ctlog = (kind: KeyName = 'p256', label = 'ct', more: Partial<TrustedLog> = {}): TrustedLog => {
  const { spki } = testKey(kind, label);
  const details = kind === 'rsa2048' ? 'PKIX_RSA_PKCS1V15_2048_SHA256' : 'PKIX_ECDSA_P256_SHA_256';
  return {
    baseUrl: 'https://ct.example',
    logId: sha256(spki),
    checkpointKeyId: undefined,
    key: readTrustedKey(spki, details),
    validFor: { start: 0, end: undefined },
    ...more,
  };
};

/** A leaf that holds SCTs; each is made over the same certificate without them. */
function withScts(...scts: Partial<SctOptions>[]): Issued {
  const leaf = { name: 'leaf', by: ca };
  const bare = issueLeaf(leaf).certificate;
  const made = scts.map((one) => ({ key: testKey('p256', 'ct'), timestamp: NOON, ...one }));
  return issueLeaf({ ...leaf, extensions: [sctExtension(bare, ca.certificate, made)] });
}

const verify = ({ certificate }: Issued, logs = [ctlog()], issuer = ca) =>
  verifyScts(certificate, issuer.certificate, logs, nativeChecks);
const refused = (...args: Parameters<typeof verify>) => codeOf(() => verify(...args));

describe('an SCT in a certificate', () => {
  it('is taken from a log that is trusted', () => {
    expect(verify(withScts({}))).toHaveLength(1);
  });

  it('may have extensions, which are signed', () => {
    expect(verify(withScts({ extensions: utf8('index 7') }))).toHaveLength(1);
    expect(refused(withScts({ extensions: utf8('index 7'), signedExtensions: utf8('index 8') }))).toBe(
      'certificate_rejected',
    );
  });

  it('may be signed with RSA', () => {
    const key = testKey('rsa2048', 'ct');
    expect(verify(withScts({ key, signatureAlgorithm: 1 }), [ctlog('rsa2048')])).toHaveLength(1);
  });

  it('may stand beside those of logs that are not known, and of versions that are not known', () => {
    const unknown = { key: testKey('p256', 'unknown log') };
    expect(verify(withScts(unknown, { version: 1 }, {}))).toHaveLength(1);
  });

  it('counts from the first to the last moment for which its log is trusted', () => {
    const within = (start: number, end: number) =>
      refused(withScts({}), [ctlog('p256', 'ct', { validFor: { start: start / 1000, end: end / 1000 } })]);
    expect([within(NOON, NOON), within(NOON + 1, NOON + 9), within(NOON - 9, NOON - 1)]).toEqual([
      undefined,
      'certificate_rejected',
      'certificate_rejected',
    ]);
  });

  const list = (bytes: Uint8Array) =>
    issueLeaf({ name: 'leaf', by: ca, extensions: [extension(SCT_LIST, false, octets(bytes))] });
  const forged = { key: testKey('p256', 'forger'), logId: sha256(testKey('p256', 'ct').spki) };
  it.each<[string, Issued, TrustedLog[], Issued]>([
    ['there is none', issueLeaf({ name: 'leaf', by: ca }), [ctlog()], ca],
    ['it is of a log that is not known', withScts({ key: testKey('p256', 'unknown log') }), [ctlog()], ca],
    ["it is signed with another key than its log's", withScts(forged), [ctlog()], ca],
    ['one of two is forged', withScts({}, forged), [ctlog()], ca],
    ['it is for another issuer', withScts({}), [ctlog()], otherCa],
    ['its time was changed', withScts({ signedTimestamp: NOON - 1 }), [ctlog()], ca],
    ['its log has a key that is not known here', withScts({}), [ctlog('p256', 'ct', { key: undefined })], ca],
    ['it says RSA and is ECDSA', withScts({ signatureAlgorithm: 1 }), [ctlog()], ca],
    ['it says SHA-512', withScts({ hashAlgorithm: 6 }), [ctlog()], ca],
    ['the list is cut off', list(Uint8Array.of(0, 9, 0, 7, 0)), [ctlog()], ca],
    ['there is something after the list', list(Uint8Array.of(0, 0, 1)), [ctlog()], ca],
    ['the list is empty', list(Uint8Array.of(0, 0)), [ctlog()], ca],
    ['an SCT is cut off', list(concat(Uint8Array.of(0, 5, 0, 3), Uint8Array.of(0, 1, 2))), [ctlog()], ca],
  ])('is refused where %s', (_, leaf, logs, issuer) => {
    expect(refused(leaf, logs, issuer)).toBe('certificate_rejected');
  });

  it('is refused in another certificate than the one it was made for', () => {
    const made = withScts({}).certificate.extensions.get(SCT_LIST)!.value;
    const moved = issueLeaf({ name: 'moved', by: ca, extensions: [extension(SCT_LIST, false, made)] });
    expect(refused(moved)).toBe('certificate_rejected');
  });
});
