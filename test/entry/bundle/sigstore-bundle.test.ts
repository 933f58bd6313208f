import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../../src/core/bytes.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { envelope, hashOf, signMessage, statement, testKey } from '../../fixtures/make.ts';
import { certificate, pem, timestampResponse } from '../../fixtures/make-certificate.ts';
import { codeOf } from '../code-of.ts';

const key = testKey('p256');
const der = certificate({ key });
const rawBytes = toBase64(der);
const dsseEnvelope = envelope(statement(), [key]);
const artifact = utf8('the artifact');
const signature = signMessage(key, artifact);
const messageSignature = {
  messageDigest: { algorithm: 'SHA2_256', digest: toBase64(hashOf('sha256', artifact)) },
  signature: toBase64(signature),
};
const V1 = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
const V3 = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const bundle = (more: Record<string, unknown> = {}, material: Record<string, unknown> = {}) => ({
  mediaType: V3,
  verificationMaterial: { certificate: { rawBytes }, tlogEntries: [], ...material },
  dsseEnvelope,
  ...more,
});
const prepare = (value: unknown) => prepareSubmission(value, portableChecks);
const code = (value: unknown) => codeOf(() => prepare(value));

describe('a bundle', () => {
  it('is the same entry as its envelope with its certificate', () => {
    const plain = prepare({ envelope: dsseEnvelope, certificate: pem('CERTIFICATE', der) });
    expect(prepare(bundle()).leaf).toEqual(plain.leaf);
    const chain = { certificate: undefined, x509CertificateChain: { certificates: [{ rawBytes }] } };
    expect(prepare({ ...bundle({ mediaType: V1 }), verificationMaterial: { ...chain, tlogEntries: [] } }).leaf).toEqual(
      plain.leaf,
    );
    expect(prepare({ bundle: bundle() }).leaf).toEqual(plain.leaf);
  });

  it('of a message is the same entry as its artifact signature', () => {
    const sha256 = Buffer.from(hashOf('sha256', artifact)).toString('hex');
    const plain = prepare({
      artifact: { sha256 },
      signature: toBase64(signature),
      certificate: pem('CERTIFICATE', der),
    });
    expect(prepare(bundle({ dsseEnvelope: undefined, messageSignature })).leaf).toEqual(plain.leaf);
  });

  it('with a key hint needs the key beside it', () => {
    const hinted = bundle({}, { certificate: undefined, publicKey: { hint: 'the key' } });
    expect(code(hinted)).toBe('key_missing');
    expect(code({ bundle: hinted })).toBe('key_missing');
    const entry = prepare({ bundle: hinted, publicKey: key.pem });
    expect(entry.companion?.keyHint).toBe('the key');
    expect(code({ bundle: hinted, publicKey: testKey('p256', 'other').pem })).toBe('signature_invalid');
    expect(code({ bundle: bundle(), publicKey: key.pem })).toBe('malformed_submission');
  });

  it('brings its timestamps along', () => {
    const signedTimestamp = toBase64(timestampResponse(signature));
    const data = { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp }] } };
    expect(prepare(bundle({}, data)).companion?.timestamps.map(toBase64)).toEqual([signedTimestamp]);
  });

  it('of old clients may have SHA-256 under a larger curve', () => {
    const p384 = testKey('p384');
    const old = {
      messageDigest: messageSignature.messageDigest,
      signature: toBase64(signMessage(p384, artifact, { hash: 'sha256' })),
    };
    const material = { certificate: { rawBytes: toBase64(certificate({ key: p384 })) } };
    const entry = prepare(bundle({ dsseEnvelope: undefined, messageSignature: old }, material));
    expect(Buffer.from(entry.leaf).toString()).toContain('PKIX_ECDSA_P384_SHA_256');
  });

  it.each([
    'application/vnd.dev.sigstore.bundle+json;version=99.9',
    'application/vnd.dev.sigstore.bundle.v0.4+json',
    '',
    7,
    null,
    '__proto__',
    'constructor',
  ])('of another version is refused: %s', (mediaType) => {
    expect(code({ bundle: bundle({ mediaType }) })).toBe('malformed_bundle');
  });

  const tlog = (more: Record<string, unknown>) => bundle({}, { tlogEntries: [{ logIndex: '1', ...more }] });
  const proof = (more: Record<string, unknown>) =>
    tlog({ inclusionProof: { logIndex: '1', treeSize: '2', hashes: [], ...more } });

  it.each([
    ['no material', bundle({ verificationMaterial: undefined }), 'malformed_bundle'],
    ['no content', bundle({ dsseEnvelope: undefined }), 'malformed_bundle'],
    ['two contents', bundle({ messageSignature }), 'malformed_bundle'],
    ['no certificate', bundle({}, { certificate: undefined }), 'malformed_bundle'],
    ['two keys', bundle({}, { publicKey: { hint: '' } }), 'malformed_bundle'],
    [
      'an empty chain',
      bundle({}, { certificate: null, x509CertificateChain: { certificates: [] } }),
      'malformed_bundle',
    ],
    ['an unknown member', bundle({ extra: 1 }), 'malformed_bundle'],
    ['snake case', { media_type: V3, verification_material: {}, Content: {} }, 'malformed_submission'],
    ['snake case within', bundle({}, { tlog_entries: [] }), 'malformed_bundle'],
    ['a certificate that is none', bundle({}, { certificate: { rawBytes: 'AAAA' } }), 'malformed_certificate'],
    [
      'a timestamp that is no DER',
      bundle({}, { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: 'AAAA' }] } }),
      'malformed_bundle',
    ],
    [
      '65 timestamps',
      bundle({}, { timestampVerificationData: { rfc3161Timestamps: Array(65).fill({ signedTimestamp: 'MAA=' }) } }),
      'limit_exceeded',
    ],
    ['a negative log index', tlog({ logIndex: '-1' }), 'malformed_bundle'],
    ['a log index in words', tlog({ logIndex: '1e3' }), 'malformed_bundle'],
    ['an unsafe log index', tlog({ logIndex: 2 ** 53 }), 'malformed_bundle'],
    ['a negative time', tlog({ integratedTime: '-5' }), 'malformed_bundle'],
    ['an unknown log member', tlog({ extra: 1 }), 'malformed_bundle'],
    ['a log id that is a text', tlog({ logId: 'x' }), 'malformed_bundle'],
    ['a body that is no base64', tlog({ canonicalizedBody: '!' }), 'malformed_base64'],
    ['a negative tree size', proof({ treeSize: '-1' }), 'malformed_bundle'],
    ['hashes that are no list', proof({ hashes: 'AAAA' }), 'malformed_bundle'],
    ['65 hashes', proof({ hashes: Array(65).fill('AAAA') }), 'limit_exceeded'],
    ['11 log entries', bundle({}, { tlogEntries: Array(11).fill({}) }), 'limit_exceeded'],
  ])('with %s: refused', (_, value, expected) => {
    expect(code(value)).toBe(expected);
  });

  it.each([
    ['SHA2_384', toBase64(new Uint8Array(32))],
    ['SHA2_256', toBase64(new Uint8Array(31))],
    ['SHA1', toBase64(new Uint8Array(20))],
    ['HASH_ALGORITHM_UNSPECIFIED', toBase64(new Uint8Array(32))],
    [1, toBase64(new Uint8Array(32))],
    [undefined, undefined],
  ])('with the message digest %s of a wrong length or kind is refused', (algorithm, digest) => {
    const wrong = { ...messageSignature, messageDigest: { algorithm, digest } };
    expect(code(bundle({ dsseEnvelope: undefined, messageSignature: wrong }))).toBe('malformed_bundle');
  });
});
