/** Submissions of every form, from their bytes to proofs that the core verifies, through everything but the threads. */
import { pack } from 'msgpackr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromBase64, fromHex, toBase64, toHex, utf8 } from '../src/core/bytes.ts';
import { openCheckpoint } from '../src/core/checkpoint.ts';
import { openCosignature } from '../src/core/cosignature.ts';
import { leafHash } from '../src/core/hash.ts';
import { verifierOf } from '../src/core/note.ts';
import { verifyInclusion } from '../src/core/proof.ts';
import { pae } from '../src/entry/leaf/dsse.ts';
import { parseLeaf } from '../src/entry/leaf/leaf.ts';
import type { InclusionProof, Receipt } from '../src/log/log.ts';
import { envelope, hashOf, IN_TOTO, type KeyName, signMessage, statement, testKey } from './fixtures/make.ts';
import { certificate, pem, timestampResponse } from './fixtures/make-certificate.ts';
import { createInlineLog, type InlineLog } from './inline-log.ts';

let log: InlineLog;
beforeAll(async () => {
  log = await createInlineLog();
});
afterAll(() => log.close());

/** What a submitter does with an answer, knowing the log by its keys only. */
function verify(receipt: { inclusionProof: InclusionProof; checkpoint: string }, hash: Uint8Array): void {
  const { index, treeSize, rootHash, hashes } = receipt.inclusionProof;
  const signed = openCheckpoint(receipt.checkpoint, verifierOf(log.identity.verifierKey), log.identity.origin);
  expect([signed.size, toHex(signed.root)]).toEqual([treeSize, toHex(rootHash)]);
  verifyInclusion({ index, size: signed.size, leafHash: hash, root: signed.root, proof: hashes });
  const { time } = openCosignature(receipt.checkpoint, verifierOf(log.identity.timeVerifierKey));
  expect(Math.abs(time - Date.now() / 1000)).toBeLessThan(60);
}

/** Verifies the answer, and that what was logged is what was submitted. */
function logged(receipt: Receipt, kind: 'hashedrekord' | 'dsse'): void {
  verify(receipt, receipt.leafHash);
  const { leaf, leafHash: stored } = log.reader.entry(receipt.index);
  expect(toHex(leafHash(leaf))).toBe(toHex(receipt.leafHash));
  expect(toHex(stored)).toBe(toHex(receipt.leafHash));
  expect(parseLeaf(leaf).kind).toBe(kind);
}

let counter = 0;
/** A statement that nobody has submitted. */
const newStatement = () => statement(undefined, { predicate: { number: counter++ } });
const refused = (code: string) => expect.objectContaining({ code });
const KINDS: KeyName[] = ['p256', 'p384', 'p521', 'ed25519', 'rsa2048', 'rsa3072', 'rsa4096'];
const certified = (kind: KeyName, label = '') => pem('CERTIFICATE', certificate({ key: testKey(kind, label) }));

it('begins with its own statement, which proves itself', () => {
  const { proof, leafHash: hash } = log.reader.inclusionProof(0, 1);
  verify({ inclusionProof: proof, checkpoint: log.reader.checkpoint(1)!.note }, hash);
  expect(log.reader.entry(0).payload).toMatchObject({ status: 'stored' });
});

describe.each(KINDS)('an envelope signed with %s', (kind) => {
  const expectedKind = kind === 'ed25519' ? 'dsse' : 'hashedrekord';

  it('comes with a public key, again and again', async () => {
    const key = testKey(kind);
    const submission = { envelope: envelope(newStatement(), [key]), publicKey: key.pem };
    const receipt = await log.add(submission);
    expect(receipt).toMatchObject({ duplicate: false, payload: 'stored' });
    logged(receipt, expectedKind);
    expect(await log.add(submission)).toEqual({ ...receipt, duplicate: true });
  });

  it('comes with a certificate', async () => {
    const made = envelope(newStatement(), [testKey(kind)]);
    logged(await log.add({ envelope: made, certificate: certified(kind) }), expectedKind);
  });

  it('comes with a bundle', async () => {
    const key = testKey(kind);
    const rawBytes = toBase64(certificate({ key }));
    const receipt = await log.add({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { certificate: { rawBytes } },
      dsseEnvelope: envelope(newStatement(), [key]),
    });
    logged(receipt, expectedKind);
  });

  it('can be asked to become a dsse leaf', async () => {
    const key = testKey(kind);
    logged(await log.add({ envelope: envelope(newStatement(), [key]), publicKey: key.pem, leaf: 'dsse' }), 'dsse');
  });

  it('is refused where one byte of it was changed', async () => {
    const key = testKey(kind);
    const made = envelope(newStatement(), [key]);
    const other = { ...made, payload: toBase64(utf8(newStatement())) };
    await expect(log.add({ envelope: other, publicKey: key.pem })).rejects.toThrow(refused('signature_invalid'));
  });
});

it('logs an envelope with several signatures as one dsse leaf, whatever their order', async () => {
  const keys = [testKey('p256'), testKey('ed25519'), testKey('rsa2048')];
  const made = envelope(newStatement(), keys);
  const verifiers = [{ publicKey: keys[0]!.pem }, { certificate: certified('ed25519') }, { publicKey: keys[2]!.pem }];
  const receipt = await log.add({ envelope: made, verifiers });
  logged(receipt, 'dsse');
  const turned = { envelope: { ...made, signatures: made.signatures.toReversed() }, verifiers: verifiers.toReversed() };
  expect(await log.add(turned)).toEqual({ ...receipt, duplicate: true });
});

describe('an artifact', () => {
  it.each<[KeyName, 'sha256' | 'sha384' | 'sha512']>([
    ['p256', 'sha256'],
    ['p384', 'sha384'],
    ['p521', 'sha512'],
    ['rsa2048', 'sha256'],
    ['rsa4096', 'sha256'],
  ])('is logged by its digest alone, signed with %s', async (kind, algorithm) => {
    const artifact = utf8(`artifact ${kind}`);
    const signature = toBase64(signMessage(testKey(kind), artifact));
    const digest = toHex(hashOf(algorithm, artifact));
    const receipt = await log.add({ artifact: { [algorithm]: digest }, signature, certificate: certified(kind) });
    expect(receipt.payload).toBe('absent');
    logged(receipt, 'hashedrekord');
    const found = log.reader.find({ subject: `${algorithm}:${digest}` }, { limit: 5 });
    expect(found.entries.map(({ index }) => index)).toEqual([receipt.index]);
  });

  it('is refused where it is signed with pure Ed25519, which has no digest', async () => {
    const artifact = utf8('artifact');
    const key = testKey('ed25519');
    const signature = toBase64(signMessage(key, artifact));
    const submission = { artifact: { sha512: toHex(hashOf('sha512', artifact)) }, signature, publicKey: key.pem };
    await expect(log.add(submission)).rejects.toThrow();
  });

  it('comes in a bundle that names its key by a hint', async () => {
    const key = testKey('p256');
    const artifact = utf8('bundled artifact');
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        publicKey: { hint: 'release key' },
        timestampVerificationData: {
          rfc3161Timestamps: [{ signedTimestamp: toBase64(timestampResponse(signMessage(key, artifact))) }],
        },
      },
      messageSignature: {
        messageDigest: { algorithm: 'SHA2_256', digest: toBase64(hashOf('sha256', artifact)) },
        signature: toBase64(signMessage(key, artifact)),
      },
    };
    await expect(log.add(bundle)).rejects.toThrow(refused('key_missing'));
    const receipt = await log.add({ bundle, publicKey: key.pem });
    logged(receipt, 'hashedrekord');
    expect(log.reader.entry(receipt.index).companions).toHaveLength(1);
  });
});

it('attaches a payload that comes after its digest, by a statement with a proof of its own', async () => {
  const key = testKey('p256');
  const made = envelope(newStatement(), [key]);
  const digest = hashOf('sha256', pae(IN_TOTO, fromBase64(made.payload)));
  const byDigest = { artifact: { sha256: toHex(digest) }, signature: made.signatures[0]!.sig, publicKey: key.pem };
  const first = await log.add(byDigest);
  expect(first.payload).toBe('absent');
  const late = await log.add({ envelope: made, publicKey: key.pem });
  expect(late).toMatchObject({ index: first.index, duplicate: true, payload: 'attached' });
  expect(late.checkpoint).toBe(first.checkpoint);
  const { attachedAt } = late;
  verify(attachedAt!, log.reader.entry(attachedAt!.index).leafHash);
  // From then on everyone is told so, with the same bytes.
  expect(await log.add(byDigest)).toEqual(late);
});

describe('a batch', () => {
  const items = () => {
    const key = testKey('p256');
    const good = () => ({ envelope: envelope(newStatement(), [key]), publicKey: key.pem });
    const [one, two] = [good(), good()];
    return [one, { envelope: {} }, two, one, { nothing: true }];
  };
  const expected = ['ok', 'malformed_envelope', 'ok', 'ok', 'malformed_submission'];

  it.each(['ndjson', 'msgpack'] as const)('of %s is answered item by item, in its order', async (format) => {
    const all = items();
    const body = new Uint8Array(
      format === 'ndjson' ? utf8(all.map((item) => JSON.stringify(item)).join('\n')) : pack(all),
    );
    const outcomes = await log.submit({ format, body, admitted: true });
    expect(outcomes.map(({ error }) => error?.code ?? 'ok')).toEqual(expected);
    expect(outcomes.map(({ receipt }) => receipt?.duplicate)).toEqual([false, undefined, false, true, undefined]);
    for (const { receipt } of outcomes) if (receipt !== undefined) logged(receipt, 'hashedrekord');
    expect(outcomes[3]!.receipt!.index).toBe(outcomes[0]!.receipt!.index);
  });

  it('may be empty, and may hold empty lines', async () => {
    expect(await log.submit({ format: 'ndjson', body: new Uint8Array(0), admitted: true })).toEqual([]);
    expect(await log.submit({ format: 'msgpack', body: Uint8Array.of(0x90), admitted: true })).toEqual([]);
    const lines = await log.submit({ format: 'ndjson', body: Uint8Array.of(0x0a, 0x0a), admitted: true });
    expect(lines.map(({ error }) => error?.code)).toEqual(['malformed_json', 'malformed_json']);
  });

  it('that is no batch is refused as a whole', async () => {
    for (const bytes of ['c1', '80', '9190ff']) {
      const request = { format: 'msgpack' as const, body: new Uint8Array(fromHex(bytes)), admitted: true };
      await expect(log.submit(request)).rejects.toThrow(refused('malformed_msgpack'));
    }
    const many = new Uint8Array(pack(Array.from({ length: 1001 }, () => ({}))));
    const request = { format: 'msgpack' as const, body: many, admitted: true };
    await expect(log.submit(request)).rejects.toThrow(refused('limit_exceeded'));
  });
});

it('takes from strangers only what listed keys have signed, all of it', async () => {
  const [listed, other] = [testKey('p256'), testKey('p384')];
  const open = await createInlineLog({ listedKeys: [toHex(hashOf('sha256', listed.spki))] });
  const submit = async (submission: unknown) => {
    const body = new Uint8Array(utf8(JSON.stringify(submission)));
    return (await open.submit({ format: 'json', body, admitted: false }))[0]!;
  };
  const both = { verifiers: [{ publicKey: listed.pem }, { publicKey: other.pem }] };
  expect(await submit({ envelope: envelope(newStatement(), [listed]), publicKey: listed.pem })).toHaveProperty(
    'receipt',
  );
  for (const submission of [
    { envelope: envelope(newStatement(), [other]), publicKey: other.pem },
    { envelope: envelope(newStatement(), [listed, other]), ...both },
  ]) {
    expect((await submit(submission)).error?.code).toBe('forbidden');
  }
  expect(open.head().size).toBe(2);
  await open.close();
});
