import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64, toHex, utf8 } from '../../../src/core/bytes.ts';
import { cosignatureVerifier, cosigner } from '../../../src/core/cosignature.ts';
import { ed25519PublicKey } from '../../../src/core/ed25519.ts';
import { isLogError } from '../../../src/core/errors.ts';
import { ed25519NoteVerifier } from '../../../src/core/note.ts';
import { parsePublicKey } from '../../../src/entry/keys/public-key.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { readTrustedRoot } from '../../../src/entry/trust/trusted-root.ts';
import {
  type SigstoreExpectations,
  verifySigstoreBundle,
} from '../../../src/entry/verification/verify-sigstore-bundle.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';
import { flips } from '../../fixtures/flips.ts';
import { hashOf, statement, testKey } from '../../fixtures/make.ts';
import {
  bundleOf,
  ISSUER,
  NAME,
  NOON,
  noteLine,
  type Signed,
  signedMessage,
  signedStatement,
  signer,
  signerKey,
  signingCertificate,
  stamp,
  trustedRoot,
  v1Entry,
  v1Leaf,
  v2Entry,
  v2Key,
  v2Leaf,
} from '../../fixtures/sigstore-instance.ts';
import { timestampToken } from '../../fixtures/timestamp-token.ts';
import { codeOf } from '../code-of.ts';
import { issueCa } from '../x509/issue-certificate.ts';

const artifact = utf8('the artifact');
const digest = hashOf('sha256', artifact);
const expectations: SigstoreExpectations = {
  trustedRoot: readTrustedRoot(trustedRoot()),
  signer: { identity: { name: NAME, issuer: ISSUER } },
  artifactDigest: { algorithm: 'sha256', digest },
  checks: nativeChecks,
};
const roundTrip = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const verify = (bundle: unknown, more: Partial<SigstoreExpectations> = {}) =>
  verifySigstoreBundle(roundTrip(bundle), { ...expectations, ...more });
const refused = (bundle: unknown, more: Partial<SigstoreExpectations> = {}) => codeOf(() => verify(bundle, more));

const message = signedMessage(artifact);
const attestation = signedStatement(statement(toHex(digest)));
const v2 = (signed: Signed = message, more: object = {}) =>
  bundleOf(signed, {
    entries: [v2Entry(v2Leaf(signed, signer))],
    timestamps: [stamp(signed.signature)],
    ...more,
  });
const v1 = (signed: Signed = message, more: object = {}) =>
  bundleOf(signed, { entries: [v1Entry(v1Leaf(signed, signer))], ...more });

/** A trusted root with something changed. */
function rootWith(change: (root: ReturnType<typeof trustedRoot>) => unknown) {
  const root = trustedRoot();
  change(root);
  return { trustedRoot: readTrustedRoot(roundTrip(root)) };
}

describe('a bundle under a trusted root', () => {
  it.each<[string, object, string]>([
    ['a signature in a v1 log', v1(), 'log'],
    ['a signature in a v2 log', v2(), 'timestamp-authority'],
    ['an attestation in a v1 log', v1(attestation), 'log'],
    ['an attestation in a v2 log', v2(attestation), 'timestamp-authority'],
  ])('is verified: %s', (_, bundle, by) => {
    const verified = verify(bundle);
    expect(verified.times).toMatchObject([{ time: NOON, by }]);
    expect(verified.entries[0]!.checkpoint?.size).toBe(3);
    expect(verified.certificate!.path).toHaveLength(3);
    expect(verified.certificate!.ctlogs).toMatchObject([{ baseUrl: 'https://ct.example' }]);
  });

  it('is judged alike in portable code', () => {
    expect(verify(v2(attestation), { checks: portableChecks }).times[0]!.time).toBe(NOON);
  });

  it('may carry the proofs of both logs, which must then both hold', () => {
    const entries = [v1Entry(v1Leaf(message, signer)), v2Entry(v2Leaf(message, signer))];
    expect(verify(v2(message, { entries })).entries).toHaveLength(2);
    const broken = [entries[0]!, v2Entry(v2Leaf(message, signer), { key: testKey('ed25519', 'other') })];
    expect(refused(v2(message, { entries: broken }))).toBe('checkpoint_unverified');
  });

  it('may carry entries of logs that are not known, which say nothing', () => {
    const foreign = { ...v2Entry(v2Leaf(message, signer)), logId: { keyId: toBase64(new Uint8Array(32)) } };
    expect(verify(v2(message, { entries: [foreign, v2Entry(v2Leaf(message, signer))] })).entries).toHaveLength(1);
    expect(refused(v2(message, { entries: [foreign] }))).toBe('not_logged');
  });

  it('may have lines of witnesses below its checkpoint, before and after that of the log', () => {
    const witness = noteLine('witness.example', Uint8Array.of(1, 2, 3, 4), new Uint8Array(72));
    const entries = [v2Entry(v2Leaf(message, signer), { before: witness, after: witness })];
    expect(verify(v2(message, { entries })).entries).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['another log', 'other.example'],
    ['a tree of another log', 'other.example - 42'],
    ['a log whose name begins alike', 'v2.example.evil'],
    ['a tree of a log whose name begins alike', 'v2.example.evil - 42'],
  ])('may not be proved by the checkpoint of %s, even under the same key', (_, origin) => {
    const entries = [v2Entry(v2Leaf(message, signer), { origin })];
    expect(refused(v2(message, { entries }))).toBe('checkpoint_unverified');
  });

  it('of version 0.1 may carry the promise of its log in place of a proof, and says so', () => {
    const entries = [{ ...v1Entry(v1Leaf(message, signer)), inclusionProof: undefined }];
    const { entries: verified } = verify(v1(message, { entries, version: '0.1' }));
    expect(verified[0]!.checkpoint).toBeUndefined();
    expect(refused(v1(message, { entries, version: '0.2' }))).toBe('proof_invalid');
    expect(refused(v1(message, { entries, version: '0.3' }))).toBe('proof_invalid');
  });

  it('of version 0.1 may not do without both', () => {
    const entries = [{ ...v2Entry(v2Leaf(message, signer)), inclusionProof: undefined }];
    expect(refused(v2(message, { entries, version: '0.1' }))).toBe('proof_invalid');
  });

  it('may have another index in a log of several trees than in the tree, but not in a log that is one tree', () => {
    const inTree = { ...v1Entry(v1Leaf(message, signer)), inclusionPromise: undefined };
    const inLog = { ...v2Entry(v2Leaf(message, signer)), logIndex: '2' };
    expect(refused(v2(message, { entries: [inTree] }))).toBeUndefined();
    expect(refused(v2(message, { entries: [inLog] }))).toBe('proof_invalid');
  });

  it('needs no time where the expected key signed', () => {
    const key = { key: signerKey };
    const bundle = bundleOf(message, { verifier: key, entries: [v2Entry(v2Leaf(message, key))] });
    expect(verify(bundle, { signer: { key: parsePublicKey(signerKey.spki) } }).times).toEqual([]);
    expect(refused(bundle, { signer: { key: parsePublicKey(testKey('p256', 'other').spki) } })).toBe('signer_mismatch');
    expect(refused(bundle)).toBe('signer_mismatch');
    expect(refused(bundle, { signer: 'any' })).toBeUndefined();
  });

  it('needs no SCT where the root names no certificate transparency log', () => {
    const bundle = (certificate: ReturnType<typeof signingCertificate>) =>
      bundleOf(message, {
        verifier: { certificate },
        entries: [v1Entry(v1Leaf(message, { certificate }))],
      });
    const forged = signingCertificate({ sctKey: testKey('p256', 'forger') });
    expect(refused(bundle(forged))).toBe('certificate_rejected');
    expect(
      refused(
        bundle(forged),
        rootWith((root) => root.ctlogs.splice(0)),
      ),
    ).toBeUndefined();
  });

  it.each<[string, object, object?]>([
    ['another name', { name: NAME.toUpperCase(), issuer: ISSUER }],
    ['the beginning of the name', { name: NAME.slice(0, -1), issuer: ISSUER }],
    ['another issuer', { name: NAME, issuer: `${ISSUER}/` }],
  ])('is not of %s', (_, identity) => {
    expect(refused(v2(), { signer: { identity } as SigstoreExpectations['signer'] })).toBe('signer_mismatch');
  });

  it('is about its artifact alone', () => {
    const other = { artifactDigest: { algorithm: 'sha256', digest: hashOf('sha256', utf8('other')) } } as const;
    expect([refused(v2(), other), refused(v2(attestation), other)]).toEqual(['artifact_mismatch', 'artifact_mismatch']);
  });
});

describe('a bundle is refused where', () => {
  const other = { certificate: signingCertificate({ name: 'https://ci.example/other' }) };
  const twice = { ...attestation, content: { dsseEnvelope: twoSignatures() } };
  it.each<[string, object, string]>([
    ['nothing proves a time', v2(message, { timestamps: [] }), 'time_unproven'],
    [
      'its timestamp is of another signature',
      v2(message, { timestamps: [stamp(attestation.signature)] }),
      'time_unproven',
    ],
    [
      'one of two timestamps is of another signature',
      v2(message, { timestamps: [stamp(message.signature), stamp(attestation.signature)] }),
      'time_unproven',
    ],
    [
      'it was stamped after the certificate',
      v2(message, { timestamps: [stamp(message.signature, '20260601120501Z')] }),
      'certificate_rejected',
    ],
    [
      'it was stamped before the certificate',
      v2(message, { timestamps: [stamp(message.signature, '20260601115459Z')] }),
      'certificate_rejected',
    ],
    [
      'one of two times is after the certificate',
      v1(message, { timestamps: [stamp(message.signature, '20260601130000Z')] }),
      'certificate_rejected',
    ],
    [
      'its log took it after the certificate',
      v1(message, { entries: [v1Entry(v1Leaf(message, signer), { integratedTime: NOON + 301 })] }),
      'certificate_rejected',
    ],
    [
      'its log has signed with another key',
      v1(message, { entries: [v1Entry(v1Leaf(message, signer), { key: testKey('p256', 'other log') })] }),
      'proof_invalid',
    ],
    [
      'its log states another time than it signed',
      v1(message, { entries: [{ ...v1Entry(v1Leaf(message, signer)), integratedTime: String(NOON + 1) }] }),
      'proof_invalid',
    ],
    [
      'its log states another index than it signed',
      v1(message, { entries: [{ ...v1Entry(v1Leaf(message, signer)), logIndex: '1002' }] }),
      'proof_invalid',
    ],
    [
      'the log states a time that it did not sign',
      v1(message, { entries: [{ ...v1Entry(v1Leaf(message, signer)), inclusionPromise: undefined }] }),
      'time_unproven',
    ],
    [
      'the entry is of another signature',
      v2(message, { entries: [v2Entry(v2Leaf(signedMessage(artifact), signer))] }),
      'proof_invalid',
    ],
    [
      'the entry is of another certificate',
      v2(message, { entries: [v2Entry(v2Leaf(message, other))] }),
      'proof_invalid',
    ],
    [
      'the entry is of the bare key',
      v2(message, { entries: [v2Entry(v2Leaf(message, { key: signerKey }))] }),
      'proof_invalid',
    ],
    [
      'the entry is of another kind than stated',
      v2(message, {
        entries: [{ ...v2Entry(v2Leaf(message, signer)), kindVersion: { kind: 'hashedrekord', version: '0.0.1' } }],
      }),
      'proof_invalid',
    ],
    [
      'the entry has no body',
      v2(message, { entries: [{ ...v2Entry(v2Leaf(message, signer)), canonicalizedBody: undefined }] }),
      'malformed_bundle',
    ],
    ['there is no entry', v2(message, { entries: [] }), 'not_logged'],
    ['its envelope has two signatures', v2(twice), 'malformed_bundle'],
    ['version 0.3 comes with a chain', withChain(v2()), 'malformed_bundle'],
  ])('%s', (_, bundle, code) => {
    expect(refused(bundle)).toBe(code);
  });

  it('its certificate is self-signed, whatever it says', () => {
    const certificate = issueCa({ name: 'signer', key: signerKey });
    const bundle = bundleOf(message, {
      verifier: { certificate },
      entries: [v1Entry(v1Leaf(message, { certificate }))],
    });
    expect(refused(bundle, { signer: 'any' })).toBe('certificate_rejected');
  });

  it('its certificate is for another purpose than signing code', () => {
    const certificate = signingCertificate({ purposes: ['1.3.6.1.5.5.7.3.1'] });
    const bundle = bundleOf(message, {
      verifier: { certificate },
      entries: [v1Entry(v1Leaf(message, { certificate }))],
    });
    expect(refused(bundle)).toBe('certificate_rejected');
  });

  it('its signature does not verify, though log and authority have seen it', () => {
    const forged = { ...message, digest: hashOf('sha256', utf8('other')) };
    const messageDigest = { algorithm: 'SHA2_256', digest: toBase64(forged.digest) };
    const content = { messageSignature: { messageDigest, signature: toBase64(forged.signature) } };
    const about = { artifactDigest: { algorithm: 'sha256', digest: forged.digest } } as const;
    expect(refused(v2({ ...forged, content }), about)).toBe('signature_invalid');
  });

  const end = (seconds: number) => ({ start: '2026-01-01T00:00:00Z', end: new Date(seconds * 1000).toISOString() });
  it.each<
    [string, object, (root: ReturnType<typeof trustedRoot>, period: { start: string; end: string }) => unknown, string]
  >([
    [
      'the certificate authority',
      v2(),
      (root, period) => Object.assign(root.certificateAuthorities[0]!, { validFor: period }),
      'certificate_rejected',
    ],
    [
      'the timestamp authority',
      v2(),
      (root, period) => Object.assign(root.timestampAuthorities[0]!, { validFor: period }),
      'time_unproven',
    ],
    [
      'the v1 log',
      v1(),
      (root, period) => Object.assign(root.tlogs[0]!.publicKey, { validFor: period }),
      'proof_invalid',
    ],
    [
      'the v2 log',
      v2(),
      (root, period) => Object.assign(root.tlogs[1]!.publicKey, { validFor: period }),
      'proof_invalid',
    ],
  ])('%s was no longer trusted; the last moment still counts', (_, bundle, change, code) => {
    expect(
      refused(
        bundle,
        rootWith((root) => change(root, end(NOON))),
      ),
    ).toBeUndefined();
    expect(
      refused(
        bundle,
        rootWith((root) => change(root, end(NOON - 1))),
      ),
    ).toBe(code);
  });

  it('a log that is no longer trusted is all that vouches for a bare key', () => {
    const key = { key: signerKey };
    const bundle = bundleOf(message, { verifier: key, entries: [v2Entry(v2Leaf(message, key))] });
    const ended = rootWith((root) => Object.assign(root.tlogs[1]!.publicKey, { validFor: end(NOON) }));
    expect(refused(bundle, { signer: 'any', ...ended })).toBe('proof_invalid');
  });

  it('an intermediate came along that the root does not name', () => {
    const root = rootWith((one) => void one.certificateAuthorities[0]!.certChain.certificates.shift());
    const chain = trustedRoot().certificateAuthorities[0]!.certChain.certificates;
    const bundle = v2(message, { version: '0.2' });
    (
      bundle.verificationMaterial as { x509CertificateChain?: { certificates: unknown[] } }
    ).x509CertificateChain!.certificates.push(...chain);
    expect(refused(bundle)).toBeUndefined();
    expect(refused(bundle, root)).toBe('certificate_rejected');
  });
});

describe('a changed bit', () => {
  /** Every byte field of a bundle by its path, with the function that puts other bytes in its place. */
  const PARTS: [string, (bundle: ReturnType<typeof v1>) => [object: Record<string, unknown>, member: string]][] = [
    [
      'certificate',
      (b) => [(b.verificationMaterial as never as { certificate: Record<string, unknown> }).certificate, 'rawBytes'],
    ],
    ['log id', (b) => [entry(b).logId as Record<string, unknown>, 'keyId']],
    ['body', (b) => [entry(b), 'canonicalizedBody']],
    ['signed entry timestamp', (b) => [entry(b).inclusionPromise as Record<string, unknown>, 'signedEntryTimestamp']],
    ['root', (b) => [entry(b).inclusionProof as Record<string, unknown>, 'rootHash']],
    ['proof', (b) => [(entry(b).inclusionProof as { hashes: Record<string, unknown> }).hashes, '1']],
    ['payload', (b) => [(b as never as { dsseEnvelope: Record<string, unknown> }).dsseEnvelope, 'payload']],
    [
      'signature',
      (b) => [
        (b as never as { dsseEnvelope: { signatures: Record<string, unknown>[] } }).dsseEnvelope.signatures[0]!,
        'sig',
      ],
    ],
  ];
  const entry = (bundle: ReturnType<typeof v1>): Record<string, unknown> =>
    bundle.verificationMaterial.tlogEntries[0] as Record<string, unknown>;

  it.each(PARTS)('in the %s is noticed', (_, find) => {
    const original = fromBase64(String(Reflect.get(...find(roundTrip(v1(attestation)) as never))));
    for (const changed of flips(original, Math.max(1, Math.floor(original.length / 24)))) {
      const bundle = roundTrip(v1(attestation)) as ReturnType<typeof v1>;
      const [object, member] = find(bundle);
      object[member] = toBase64(changed);
      expect(isRefused(bundle)).toBe(true);
    }
  });

  it.each(['v1', 'v2'])('in the checkpoint of a %s log is noticed', (kind) => {
    const original = kind === 'v1' ? v1(attestation) : v2(attestation);
    const { envelope } = (entry(original as never).inclusionProof as { checkpoint: { envelope: string } }).checkpoint;
    for (let at = 0; at < envelope.length; at += 3) {
      const bundle = roundTrip(original) as ReturnType<typeof v1>;
      const other = envelope[at] === 'A' ? 'B' : 'A';
      const changed = envelope.slice(0, at) + other + envelope.slice(at + 1);
      (entry(bundle).inclusionProof as Record<string, unknown>).checkpoint = { envelope: changed };
      expect([at, isRefused(bundle)]).toEqual([at, true]);
    }
  });

  function isRefused(bundle: unknown): boolean {
    try {
      verify(bundle);
      return false;
    } catch (error) {
      if (isLogError(error)) return true;
      throw error;
    }
  }
});

describe('a bundle of a log that is asked for by its key', () => {
  const point = v2Key.spki.subarray(-32);
  const timeSeed = new Uint8Array(32).fill(2);
  const log = { verifier: ed25519NoteVerifier('v2.example', point), origin: 'v2.example' };
  const timeVerifier = cosignatureVerifier('v2.example', ed25519PublicKey(timeSeed));
  const withoutLogs = rootWith((root) => root.tlogs.splice(0));

  it('must have its entry there, whatever the root says', () => {
    expect(verify(v2(), { log }).ownEntry?.index).toBe(1);
    expect(refused(v1(), { log })).toBe('not_logged');
    expect(
      refused(v2(), { log: { ...log, verifier: ed25519NoteVerifier('v2.example', ed25519PublicKey(timeSeed)) } }),
    ).toBe('checkpoint_unverified');
  });

  it('need not be of a log that the root names', () => {
    expect(verify(v2(), { log, ...withoutLogs })).toMatchObject({ entries: [], ownEntry: { index: 1 } });
  });

  it('may take its time from the log', () => {
    const body = v2Leaf(message, signer);
    const plain = v2Entry(body).inclusionProof.checkpoint.envelope;
    const text = plain.slice(0, plain.indexOf('\n\n') + 1);
    const stampAt = (time: number) => {
      const { name, keyId, sign } = cosigner('v2.example', timeSeed).at(time);
      const id = new Uint8Array(4);
      new DataView(id.buffer).setUint32(0, keyId);
      const after = noteLine(name, id, sign(utf8(text)));
      return v2(message, { timestamps: [], entries: [v2Entry(body, { after })] });
    };
    const own = { log: { ...log, timeVerifier }, ...withoutLogs };
    expect(verify(stampAt(NOON), own).times).toEqual([{ time: NOON, by: 'log', name: 'v2.example' }]);
    expect(refused(stampAt(NOON + 301), own)).toBe('certificate_rejected');
    expect(refused(stampAt(NOON), { log, ...withoutLogs })).toBe('time_unproven');
  });

  it('takes no timestamp of an authority that the root does not name', () => {
    const rogue = timestampToken(message.signature, {
      signer: issueCa({ name: 'rogue' }),
      time: '20260601120000Z',
    });
    expect(refused(v2(message, { timestamps: [rogue] }), { log })).toBe('time_unproven');
  });
});

function twoSignatures() {
  const { dsseEnvelope } = attestation.content as { dsseEnvelope: { signatures: object[] } };
  return { ...dsseEnvelope, signatures: [...dsseEnvelope.signatures, ...dsseEnvelope.signatures] } as never;
}

function withChain(bundle: object) {
  const { certificate, ...rest } = (bundle as { verificationMaterial: { certificate: object } }).verificationMaterial;
  return {
    ...bundle,
    verificationMaterial: { ...rest, x509CertificateChain: { certificates: [certificate, certificate] } },
  };
}
