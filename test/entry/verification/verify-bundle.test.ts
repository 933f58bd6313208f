import { bundleFromJSON } from '@sigstore/bundle';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64, toHex, utf8 } from '../../../src/core/bytes.ts';
import { formatCheckpoint } from '../../../src/core/checkpoint.ts';
import { cosignatureVerifier, cosigner } from '../../../src/core/cosignature.ts';
import { ed25519PublicKey } from '../../../src/core/ed25519.ts';
import { leafHash, nodeHash, sha256 } from '../../../src/core/hash.ts';
import { ed25519NoteSigner, ed25519NoteVerifier, signNote } from '../../../src/core/note.ts';
import { type BundleParts, formatBundle } from '../../../src/entry/bundle/bundle-out.ts';
import { parsePublicKey } from '../../../src/entry/keys/public-key.ts';
import { prepareRekorV1Request } from '../../../src/entry/rekor/rekor-v1-request.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { decodeCompanion, encodeCompanion, type PreparedEntry } from '../../../src/entry/submission/prepared-entry.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { type BundleExpectations, verifyBundle } from '../../../src/entry/verification/verify-bundle.ts';
import { envelope, hashOf, signMessage, statement, testKey } from '../../fixtures/make.ts';
import { certificate, email, pem, timestampResponse } from '../../fixtures/make-certificate.ts';
import { dsseRequest, hashedRekordRequest, intotoRequest } from '../../fixtures/rekor-v1.ts';
import { codeOf } from '../code-of.ts';

const ORIGIN = 'log.example';
const seed = new Uint8Array(32).fill(1);
const timeSeed = new Uint8Array(32).fill(2);
const logVerifier = ed25519NoteVerifier(ORIGIN, ed25519PublicKey(seed));
const timeVerifier = cosignatureVerifier(ORIGIN, ed25519PublicKey(timeSeed));
const TIME = 1_790_000_000;

/** A log of three entries, the given one in the middle. */
function logged(entry: PreparedEntry, more: Partial<BundleParts> = {}): BundleParts {
  const [first, last] = [leafHash(utf8('first')), leafHash(utf8('last'))];
  const root = nodeHash(nodeHash(first, entry.leafHash), last);
  const text = formatCheckpoint({ origin: ORIGIN, size: 3, root, extensions: [] });
  const checkpoint = signNote(text, [ed25519NoteSigner(ORIGIN, seed), cosigner(ORIGIN, timeSeed).at(TIME)]);
  return {
    leaf: entry.leaf,
    payload: entry.payload,
    companions: entry.companion ? [entry.companion] : [],
    index: 1,
    treeSize: 3,
    rootHash: root,
    hashes: [first, last],
    checkpoint,
    logId: sha256(utf8(ORIGIN)),
    checks: portableChecks,
    ...more,
  };
}

const expectations: BundleExpectations = {
  logVerifier,
  timeVerifier,
  origin: ORIGIN,
  signer: 'any',
  checks: portableChecks,
};
const roundTrip = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const verify = (bundle: unknown, more: Partial<BundleExpectations> = {}) =>
  verifyBundle(roundTrip(bundle), { ...expectations, ...more });

const key = testKey('p256');
const ca = { key: testKey('p384', 'ca'), name: 'ca' };
const der = certificate({ key, issuer: ca, names: [email('dev@example.com')] });
const root = certificate({ key: ca.key, name: 'ca' });
const artifact = utf8('the artifact');
const digest = hashOf('sha256', artifact);
const about = { artifactDigest: { algorithm: 'sha256', digest } } as const;

const attested = prepareSubmission(
  { envelope: envelope(statement(toHex(digest)), [key]), certificate: pem('CERTIFICATE', der, root) },
  portableChecks,
);
const signed = prepareSubmission(
  { artifact: { sha256: toHex(digest) }, signature: toBase64(signMessage(key, artifact)), publicKey: key.pem },
  portableChecks,
);
const keys = [testKey('ed25519'), testKey('p384')];
const several = prepareSubmission(
  { envelope: envelope(statement(toHex(digest)), keys), verifiers: keys.map((one) => ({ publicKey: one.pem })) },
  portableChecks,
);
const certificatePem = pem('CERTIFICATE', der);
const v1 = (request: unknown) => prepareRekorV1Request(request, portableChecks);
const V1_CASES: [string, PreparedEntry][] = [
  ['a hashedrekord leaf of Rekor v1', v1(hashedRekordRequest(artifact, key, certificatePem))],
  ['a dsse leaf of Rekor v1', v1(dsseRequest(envelope(statement(toHex(digest)), [key]), [certificatePem]))],
  ['an intoto leaf of Rekor v1', v1(intotoRequest(envelope(statement(toHex(digest)), [key]), [certificatePem]))],
];
const CASES: [string, PreparedEntry][] = [
  ...V1_CASES,
  ['an attestation with a certificate', attested],
  ['an artifact signature with a key', signed],
  ['an envelope with two signatures', several],
];

describe.each(CASES)('the bundle of %s', (_, entry) => {
  const bundle = formatBundle(logged(entry));

  it('is read by @sigstore/bundle, unless it has several signatures', () => {
    if (entry === several) return expect(() => bundleFromJSON(roundTrip(bundle))).toThrow();
    expect(() => bundleFromJSON(roundTrip(bundle))).not.toThrow();
  });

  it('is verified offline', () => {
    const verified = verify(bundle, about);
    expect(verified).toMatchObject({ index: 1, size: 3, time: TIME, leaf: entry.leaf, leafHash: entry.leafHash });
    expect(verified.signers).toEqual(entry.signers);
    expect(verified.payload?.bytes).toEqual(entry.payload?.bytes);
  });

  it('becomes the same entry when it is submitted again', () => {
    if (V1_CASES.some(([, one]) => one === entry)) return; // it becomes one of our own kind
    if (entry === several) return; // a bundle has room for one key
    const again = entry === signed ? { bundle, publicKey: key.pem } : bundle;
    expect(prepareSubmission(roundTrip(again), portableChecks).leaf).toEqual(entry.leaf);
  });

  it('is rejected with any bit changed that somebody signed', () => {
    for (const [path, text] of byteFields(bundle)) {
      const bytes = fromBase64(text);
      for (let bit = 0; bit < 8 * bytes.length; bit += bytes.length > 200 ? 641 : 37) {
        const changed = bytes.slice();
        changed[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
        const code = codeOf(() => verify(replaced(bundle, path, toBase64(changed)), about));
        if (UNSIGNED.has(path.at(-1)!)) expect(code, path.join('/')).toBeUndefined();
        else expect(code, `${path.join('/')} bit ${bit}`).toBeDefined();
      }
    }
  });
});

/** Fields that neither the log nor the signer has signed: changing them changes no verdict. */
const UNSIGNED = new Set(['keyId', 'keyid', 'hint', 'signedTimestamp']);

describe('verifying a bundle', () => {
  const bundle = formatBundle(logged(attested));
  const entryOf = (more: Record<string, unknown>) => {
    const copy = roundTrip(bundle) as { verificationMaterial: { tlogEntries: Record<string, unknown>[] } };
    Object.assign(copy.verificationMaterial.tlogEntries[0]!, more);
    return copy;
  };
  const proofOf = (more: Record<string, unknown>) => {
    const copy = entryOf({}) as { verificationMaterial: { tlogEntries: { inclusionProof: object }[] } };
    Object.assign(copy.verificationMaterial.tlogEntries[0]!.inclusionProof, more);
    return copy;
  };

  it('states what the statement and the certificate say', () => {
    const verified = verify(bundle);
    expect(verified.identities).toEqual([
      { names: ['dev@example.com'], issuer: undefined, facts: {}, chain: 'unverified' },
    ]);
    expect(verified.predicateType).toBe('https://slsa.dev/provenance/v1');
    expect(verified.subjects[0]!.digests.get('sha256')).toBe(toHex(digest));
  });

  it.each([
    ['another log index', entryOf({ logIndex: '0' }), 'proof_invalid'],
    [
      'another index throughout',
      replaced(
        entryOf({ logIndex: '0' }),
        ['verificationMaterial', 'tlogEntries', '0', 'inclusionProof', 'logIndex'],
        '0',
      ),
      'proof_invalid',
    ],
    ['another tree size', proofOf({ treeSize: '4' }), 'proof_invalid'],
    ['no root', proofOf({ rootHash: null }), 'proof_invalid'],
    ['a hash fewer', proofOf({ hashes: [] }), 'proof_invalid'],
    ['a short hash', proofOf({ hashes: ['AAAA', 'AAAA'] }), 'proof_invalid'],
    ['an integrated time', entryOf({ integratedTime: '1790000000' }), 'proof_invalid'],
    ['a promise', entryOf({ inclusionPromise: { signedEntryTimestamp: 'AAAA' } }), 'proof_invalid'],
    ['another kind', entryOf({ kindVersion: { kind: 'dsse', version: '0.0.2' } }), 'proof_invalid'],
    ['another version', entryOf({ kindVersion: { kind: 'hashedrekord', version: '0.0.1' } }), 'proof_invalid'],
    ['no checkpoint', proofOf({ checkpoint: null }), 'not_logged'],
    ['no proof', entryOf({ inclusionProof: null }), 'not_logged'],
    ['an unsigned checkpoint', proofOf({ checkpoint: { envelope: `${ORIGIN}\n3\n` } }), 'malformed_checkpoint'],
  ])('fails with %s', (_, value, expected) => {
    expect(codeOf(() => verify(value))).toBe(expected);
  });

  it('fails with a checkpoint by another key, or of another log', () => {
    const stranger = ed25519NoteVerifier(ORIGIN, ed25519PublicKey(new Uint8Array(32).fill(9)));
    expect(codeOf(() => verify(bundle, { logVerifier: stranger }))).toBe('checkpoint_unverified');
    expect(codeOf(() => verify(bundle, { origin: 'other.example' }))).toBe('not_logged');
  });

  it('finds its entry among those of other logs', () => {
    const copy = roundTrip(bundle) as { verificationMaterial: { tlogEntries: unknown[] } };
    const foreign = { logIndex: '7', integratedTime: '1', inclusionPromise: { signedEntryTimestamp: 'AAAA' } };
    copy.verificationMaterial.tlogEntries.unshift(foreign);
    expect(verify(copy).index).toBe(1);
  });

  it('states a time only by the time key', () => {
    const { timeVerifier: _, ...without } = expectations;
    expect(verifyBundle(bundle, without).time).toBeUndefined();
    const stranger = cosignatureVerifier(ORIGIN, ed25519PublicKey(new Uint8Array(32).fill(9)));
    expect(codeOf(() => verify(bundle, { timeVerifier: stranger }))).toBe('checkpoint_unverified');
  });

  it('fails for another signer or another artifact', () => {
    const other = parsePublicKey(testKey('p256', 'other').spki);
    expect(codeOf(() => verify(bundle, { signer: { key: other } }))).toBe('signer_mismatch');
    expect(codeOf(() => verify(bundle, { signer: { key: parsePublicKey(key.spki) } }))).toBeUndefined();
    const wrong = { algorithm: 'sha256', digest: hashOf('sha256', utf8('x')) } as const;
    expect(codeOf(() => verify(bundle, { artifactDigest: wrong }))).toBe('artifact_mismatch');
    expect(codeOf(() => verify(bundle, { artifactDigest: { algorithm: 'sha512', digest } }))).toBe('artifact_mismatch');
    const message = formatBundle(logged(signed));
    expect(codeOf(() => verify(message, { artifactDigest: wrong }))).toBe('artifact_mismatch');
  });

  it('fails where the leaf was logged without a right signature', () => {
    const copy = formatBundle(logged(signed));
    const unchecked = { ...portableChecks, verifyDigest: () => false };
    expect(codeOf(() => verify(copy, { checks: unchecked }))).toBe('signature_invalid');
  });

  it('fails where the content is exchanged for that of another logged entry', () => {
    const other = prepareSubmission(
      { envelope: envelope(statement('cd'.repeat(32)), [key]), certificate: pem('CERTIFICATE', der) },
      portableChecks,
    );
    const { dsseEnvelope } = formatBundle(logged(other));
    expect(codeOf(() => verify({ ...bundle, dsseEnvelope }))).toBe('proof_invalid');
    const { verificationMaterial } = formatBundle(logged(other));
    expect(codeOf(() => verify({ ...bundle, verificationMaterial }))).toBe('proof_invalid');
  });
});

describe('a bundle carries of what came along', () => {
  const signature = () =>
    fromBase64((formatBundle(logged(signed)).messageSignature as { signature: string }).signature);
  const companion = { chain: [], keyids: [], keyHint: undefined };
  const timestamps = (bundle: { verificationMaterial: Record<string, unknown> }) =>
    (
      bundle.verificationMaterial.timestampVerificationData as
        | { rfc3161Timestamps: { signedTimestamp: string }[] }
        | undefined
    )?.rfc3161Timestamps.map(({ signedTimestamp }) => signedTimestamp);

  it('the timestamps of its signature, each once', () => {
    const right = timestampResponse(signature());
    const wrong = timestampResponse(utf8('another signature'));
    const companions = [
      { ...companion, timestamps: [wrong, right, Uint8Array.of(0x30, 0)] },
      { ...companion, timestamps: [right] },
    ];
    expect(timestamps(formatBundle(logged(signed, { companions })))).toEqual([toBase64(right)]);
    expect(timestamps(formatBundle(logged(signed, { companions: companions.slice(2) })))).toBeUndefined();
  });

  it('of the timestamps that say the same the first, since verifiers refuse both', () => {
    const [first, again, later, other] = [
      { signer: 1, serial: 1 },
      { signer: 1, serial: 2 },
      { signer: 1, time: '20260101000001Z' },
      { signer: 2 },
    ].map((options) => timestampResponse(signature(), options));
    const companions = [
      { ...companion, timestamps: [first!] },
      { ...companion, timestamps: [again!, later!, other!] },
    ];
    const expected = [first, later, other].map((der) => toBase64(der!));
    expect(timestamps(formatBundle(logged(signed, { companions })))).toEqual(expected);
  });

  it('of timestamps by the log itself those alone, since anyone can add others', () => {
    const [theirs, own] = [1, 2].map((signer) => timestampResponse(signature(), { signer }));
    const companions = [
      { ...companion, timestamps: [theirs!] },
      { ...companion, timestamps: [own!], own: true as const },
    ];
    expect(timestamps(formatBundle(logged(signed, { companions })))).toEqual([toBase64(own!)]);
    const again = companions.map((one) => decodeCompanion(encodeCompanion(one)));
    expect(timestamps(formatBundle(logged(signed, { companions: again })))).toEqual([toBase64(own!)]);
  });

  it('the chain, in version 0.2, as far as each certificate signed the one before', () => {
    const chainOf = (chain: Uint8Array[]) => {
      const companions = [{ chain, timestamps: [], keyids: [], keyHint: undefined }];
      const { verificationMaterial } = formatBundle(logged(attested, { companions, version: '0.2' }));
      const { certificates } = verificationMaterial.x509CertificateChain as { certificates: { rawBytes: string }[] };
      return certificates.map(({ rawBytes }) => rawBytes);
    };
    const stranger = certificate({ key: testKey('p384', 'stranger'), name: 'ca' });
    expect(chainOf([root])).toEqual([toBase64(der), toBase64(root)]);
    expect(chainOf([stranger, root])).toEqual([toBase64(der)]);
    const bundle = formatBundle(logged(attested, { version: '0.2' }));
    expect(() => bundleFromJSON(roundTrip(bundle))).not.toThrow();
    expect(verify(bundle).index).toBe(1);
  });

  it('the key hint that came, else the hash of the key', () => {
    const hintOf = (companions: BundleParts['companions']) =>
      formatBundle(logged(signed, { companions })).verificationMaterial.publicKey;
    expect(hintOf([])).toEqual({ hint: toBase64(sha256(key.spki)) });
    expect(hintOf([{ ...companion, timestamps: [], keyHint: 'mine' }])).toEqual({ hint: 'mine' });
  });

  it('no payload that is gone: the digest stands for it, or no bundle can be made', () => {
    const { messageSignature } = formatBundle(logged(attested, { payload: undefined }));
    expect(messageSignature).toBeDefined();
    expect(verify(formatBundle(logged(attested, { payload: undefined }))).payload).toBeUndefined();
    expect(codeOf(() => formatBundle(logged(several, { payload: undefined })))).toBe('payload_absent');
  });
});

/** Every base64 field of a bundle with its path. */
function byteFields(value: unknown, path: string[] = []): [string[], string][] {
  if (typeof value === 'string')
    return /^[A-Za-z0-9+/]{8,}={0,2}$/.test(value) && value.length % 4 === 0 ? [[path, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => byteFields(inner, [...path, name]));
}

function replaced(value: unknown, [name, ...rest]: string[], text: string): unknown {
  if (name === undefined) return text;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = replaced(copy[name], rest, text);
  return copy;
}
