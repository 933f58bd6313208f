import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { LogClient, type LogClientOptions } from '../../src/client/log-client.ts';
import { toHex } from '../../src/core/bytes.ts';
import type { LogError } from '../../src/core/errors.ts';
import { leafHash, sha256 } from '../../src/core/hash.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { FakeLog, type Lie, problem } from './fake-log.ts';
import { artifactSubmission, envelopeSubmission, sha256Hex, testKey } from './submissions.ts';

const key = testKey();
let log: FakeLog;

beforeEach(() => {
  log = new FakeLog().grow(5);
});

function clientOf(options: Partial<LogClientOptions> = {}): LogClient {
  return new LogClient({
    url: log.url,
    verifierKey: log.verifierKey,
    timeVerifierKey: log.timeVerifierKey,
    fetch: log.fetch,
    checks: nativeChecks,
    retry: { attempts: 1 },
    ...options,
  });
}

/** The code of what a promise is rejected with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: LogError) => error.code ?? String(error),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: lies reach into answers of every shape
type Loose = any;

describe('add', () => {
  it('returns the entry with its proof, and the time of the checkpoint', async () => {
    const receipt = await clientOf().add(envelopeSubmission('a', key));
    expect(receipt).toMatchObject({ index: 5, duplicate: false, checkpoint: { size: 6, time: log.time } });
    expect(toHex(receipt.leafHash)).toBe(toHex(log.stored[5]!.hash));
  });

  it('returns the same entry for the same submission', async () => {
    const submission = artifactSubmission('a', key);
    await clientOf().add(submission);
    log.grow(4);
    const again = await clientOf().add(submission);
    expect(again).toMatchObject({ index: 5, duplicate: true, checkpoint: { size: 6 } });
  });

  it('refuses a bad signature before anything is sent', async () => {
    const submission = { ...artifactSubmission('a', key), publicKey: testKey().publicKey };
    expect(await codeOf(clientOf().add(submission))).toBe('signature_invalid');
    expect(log.requests).toEqual([]);
  });

  it('refuses to send a private key', async () => {
    const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(await codeOf(clientOf().add({ ...artifactSubmission('a', key), publicKey: pem }))).toBe(
      'private_key_submitted',
    );
    expect(log.requests).toEqual([]);
  });

  const lies: [string, string, Lie][] = [
    [
      'another leaf',
      'proof_invalid',
      (_, a: Loose) => ({ ...a, leafHash: toHex(leafHash(sha256(new Uint8Array(1)))) }),
    ],
    [
      'the leaf of another entry with its right proof',
      'proof_invalid',
      (_, a: Loose) => ({ ...a, index: 2, leafHash: toHex(log.stored[2]!.hash), inclusionProof: log.inclusion(2, 6) }),
    ],
    ['another index', 'proof_invalid', (_, a: Loose) => ({ ...a, index: 4 })],
    [
      'a proof of another index',
      'proof_invalid',
      (_, a: Loose) => ({ ...a, index: 4, inclusionProof: log.inclusion(4, 6) }),
    ],
    [
      'a truncated proof',
      'proof_invalid',
      (_, a: Loose) => ({ ...a, inclusionProof: { ...a.inclusionProof, hashes: a.inclusionProof.hashes.slice(1) } }),
    ],
    [
      'another root',
      'proof_invalid',
      (_, a: Loose) => ({ ...a, inclusionProof: { ...a.inclusionProof, rootHash: toHex(log.root(3)) } }),
    ],
    ['an older checkpoint', 'proof_invalid', (_, a: Loose) => ({ ...a, checkpoint: log.checkpoint(5) })],
    [
      'a checkpoint of another log',
      'checkpoint_unverified',
      (_, a: Loose) => ({ ...a, checkpoint: copyOf(new FakeLog('other.example')).checkpoint() }),
    ],
    [
      'a checkpoint by another key of the same name',
      'checkpoint_unverified',
      (_, a: Loose) => ({ ...a, checkpoint: copyOf(new FakeLog(log.origin, new Uint8Array(32).fill(9))).checkpoint() }),
    ],
    [
      'a checkpoint without a time',
      'checkpoint_unverified',
      (_, a: Loose) => ({ ...a, checkpoint: `${a.checkpoint.trimEnd().split('\n').slice(0, -1).join('\n')}\n` }),
    ],
    ['no checkpoint', 'answer_unexpected', (_, a: Loose) => ({ ...a, checkpoint: undefined })],
    ['no JSON', 'answer_unexpected', () => '<html>'],
    ['a list', 'answer_unexpected', () => []],
    ['an index that is no number', 'answer_unexpected', (_, a: Loose) => ({ ...a, index: '5' })],
  ];
  it.each(lies)('detects a log that answers with %s', async (_, code, lie) => {
    log.lie = lie;
    expect(await codeOf(clientOf().add(envelopeSubmission('a', key)))).toBe(code);
  });

  /** The same leaves in a log of another name or key. */
  function copyOf(other: FakeLog): FakeLog {
    other.stored.push(...log.stored);
    return other;
  }

  it('believes nothing that was changed: what it returns is what the log signed, or an error', async () => {
    const submission = envelopeSubmission('a', key);
    const client = clientOf();
    const honest = await client.add(submission);
    const text = JSON.stringify(await (await log.fetch(`${log.url}v1/entries`, requestOf(submission))).json());
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom(...'0123456789abcdef"A{,\\n'),
        async (at, character) => {
          log.lie = () => text.slice(0, at) + character + text.slice(at + 1);
          const receipt = await client.add(submission).catch((error: LogError) => error);
          if ('code' in receipt) return;
          const { index, leafHash, inclusionProof, checkpoint } = receipt;
          expect({ index, leafHash, inclusionProof }).toEqual({
            index: honest.index,
            leafHash: honest.leafHash,
            inclusionProof: honest.inclusionProof,
          });
          expect([checkpoint.size, checkpoint.time]).toEqual([honest.checkpoint.size, honest.checkpoint.time]);
        },
      ),
      { numRuns: 300 },
    );
  });

  function requestOf(submission: object): RequestInit {
    return { method: 'POST', body: new TextEncoder().encode(JSON.stringify(submission)) };
  }

  it('uses the key that the log names where none is given', async () => {
    const receipt = await clientOf({ verifierKey: undefined, timeVerifierKey: undefined }).add(
      envelopeSubmission('a', key),
    );
    expect(receipt.checkpoint).toMatchObject({ origin: 'log.example', time: undefined });
  });

  it('asks again for the key after a failure', async () => {
    const client = clientOf({ verifierKey: undefined });
    log.lie = (path, answer) => (path === '/v1/log' ? problem(404, 'route_unknown') : answer);
    expect(await codeOf(client.checkpoint())).toBe('route_unknown');
    log.lie = undefined;
    expect((await client.checkpoint()).size).toBe(5);
  });
});

describe('addBatch', () => {
  it('answers for each submission in its place', async () => {
    const wrong = { ...artifactSubmission('b', key), publicKey: testKey().publicKey };
    const outcomes = await clientOf().addBatch([envelopeSubmission('a', key), wrong, {}, artifactSubmission('c', key)]);
    expect(outcomes.map(({ receipt, error }) => receipt?.index ?? error!.code)).toEqual([
      5,
      'signature_invalid',
      'malformed_submission',
      6,
    ]);
    expect(log.requests).toEqual(['POST /v1/entries:batch']);
  });

  it('sends at most 1,000 at once', async () => {
    const one = envelopeSubmission('a', key);
    const outcomes = await clientOf().addBatch(new Array(1001).fill(one));
    expect(outcomes.every(({ receipt }) => receipt?.index === 5)).toBe(true);
    expect(log.requests).toHaveLength(2);
  });

  it('detects one false receipt among good ones', async () => {
    log.lie = (_, answer) => {
      const [first, second] = String(answer).trim().split('\n') as [string, string];
      return `${first}\n${second.replace('"index":6', '"index":4')}\n`;
    };
    const outcomes = await clientOf().addBatch([artifactSubmission('a', key), artifactSubmission('b', key)]);
    expect(outcomes.map(({ receipt, error }) => receipt?.index ?? error!.code)).toEqual([5, 'proof_invalid']);
  });

  it('detects results in another order', async () => {
    log.lie = (_, answer) => `${String(answer).trim().split('\n').reverse().join('\n')}\n`;
    const outcomes = await clientOf().addBatch([artifactSubmission('a', key), artifactSubmission('b', key)]);
    expect(outcomes.map(({ error }) => error?.code)).toEqual(['proof_invalid', 'proof_invalid']);
  });

  it('takes fewer results than submissions for none', async () => {
    log.lie = (_, answer) => `${String(answer).trim().split('\n')[0]}\n`;
    const outcomes = await clientOf().addBatch([artifactSubmission('a', key), artifactSubmission('b', key)]);
    expect(outcomes.map(({ error }) => error?.code)).toEqual(['answer_unexpected', 'answer_unexpected']);
  });

  it('makes a failed request the outcome of each', async () => {
    log.lie = () => problem(401, 'unauthorized');
    const outcomes = await clientOf().addBatch([artifactSubmission('a', key), {}]);
    expect(outcomes.map(({ error }) => error?.code)).toEqual(['unauthorized', 'malformed_submission']);
  });
});

describe('inclusionProof', () => {
  it('finds an entry by index and by leaf hash', async () => {
    const byIndex = await clientOf().inclusionProof({ index: 3 });
    expect(byIndex).toMatchObject({ index: 3, treeSize: 5, exact: true });
    expect(await clientOf().inclusionProof({ leafHash: byIndex.leafHash })).toMatchObject({ index: 3 });
  });

  it('proves a size without a checkpoint of its own through the newest one', async () => {
    const proof = await clientOf().inclusionProof({ index: 1 }, { size: 3 });
    expect(proof).toMatchObject({ treeSize: 3, exact: false, checkpoint: { size: 5 } });
  });

  const lies: [string, Lie][] = [
    ['the proof of another index', (_, a: Loose) => ({ ...a, inclusionProof: log.inclusion(2, 3) })],
    ['the proof of another size', (_, a: Loose) => ({ ...a, inclusionProof: log.inclusion(1, 4) })],
    ['another leaf', (_, a: Loose) => ({ ...a, leafHash: toHex(log.stored[2]!.hash) })],
    ['a checkpoint of another size', (_, a: Loose) => ({ ...a, checkpoint: log.checkpoint(5) })],
    ['a tree of its own', (path, a: Loose) => (path.includes('inclusion') ? otherTree(a) : a)],
  ];
  it.each(lies)('detects %s', async (_, lie) => {
    log.lie = (path, answer) => (path.startsWith('/v1/proofs/inclusion') ? lie(path, answer) : answer);
    expect(await codeOf(clientOf().inclusionProof({ index: 1 }, { size: 3 }))).toBe('proof_invalid');
  });

  /** A right proof for a tree that the log never signed. */
  function otherTree(_: unknown): unknown {
    const other = new FakeLog();
    other.grow(1).stored[0]!.hash = sha256(new Uint8Array(7));
    other.grow(2);
    return { inclusionProof: other.inclusion(1, 3), leafHash: toHex(other.stored[1]!.hash) };
  }

  it('says not_found for a leaf that is not there', async () => {
    expect(await codeOf(clientOf().inclusionProof({ leafHash: sha256(new Uint8Array(1)) }))).toBe('not_found');
  });
});

describe('consistencyProof', () => {
  it('proves that the log grew', async () => {
    const client = clientOf();
    const [first, second] = [await client.head(2), await client.head(5)];
    expect((await client.consistencyProof(first, second)).length).toBeGreaterThan(0);
  });

  it('detects a tree that does not extend the first', async () => {
    const first = { size: 2, root: sha256(new Uint8Array(2)) };
    const second = { size: 5, root: log.root() };
    expect(await codeOf(clientOf().consistencyProof(first, second))).toBe('proof_invalid');
  });

  it('detects a proof between other sizes', async () => {
    log.lie = () => ({ consistencyProof: { first: 3, second: 5, hashes: log.consistency(3, 5).map(toHex) } });
    const heads = [2, 5].map((size) => ({ size, root: log.root(size) })) as [Loose, Loose];
    expect(await codeOf(clientOf().consistencyProof(...heads))).toBe('proof_invalid');
  });
});

describe('entry and bundle', () => {
  beforeEach(async () => {
    await clientOf().add(envelopeSubmission('a', key));
  });

  it('returns leaf and payload', async () => {
    const entry = await clientOf().entry(5);
    expect(entry.content?.kind).toBe('hashedrekord');
    expect(JSON.parse(new TextDecoder().decode(entry.payload!.bytes)).subject[0].digest.sha256).toBe(sha256Hex('a'));
  });

  it('detects another leaf', async () => {
    log.lie = (path, a: Loose) => (path === '/v1/entries/5' ? { ...a, canonicalizedBody: btoa('{}') } : a);
    expect(await codeOf(clientOf().entry(5))).toBe('proof_invalid');
  });

  it('detects another payload, and another type of it', async () => {
    log.lie = (path, a) => (path.endsWith('/payload') ? '{}' : a);
    expect(await codeOf(clientOf().entry(5))).toBe('proof_invalid');
    log.lie = (path, a: Loose) =>
      path === '/v1/entries/5' ? { ...a, payload: { status: 'stored', type: 'text/plain' } } : a;
    expect(await codeOf(clientOf().entry(5))).toBe('proof_invalid');
  });

  it('says so where the payload was erased in between', async () => {
    log.lie = (path, a) => (path.endsWith('/payload') ? problem(410, 'payload_erased') : a);
    expect(await clientOf().entry(5)).toMatchObject({ payload: undefined, payloadStatusUnverified: 'erased' });
  });

  it('verifies a bundle', async () => {
    const { verified } = await clientOf().bundle(5);
    expect(verified).toMatchObject({ index: 5, size: 6, predicateType: 'https://example.com/p/v1' });
  });

  it('detects the bundle of another entry', async () => {
    await clientOf().add(artifactSubmission('b', key));
    const { bundle } = await clientOf().bundle(6);
    log.lie = (path, a) => (path.endsWith('/bundle') ? bundle : a);
    expect(await codeOf(clientOf().bundle(5))).toBe('proof_invalid');
  });
});

describe('find', () => {
  beforeEach(async () => {
    const others = [testKey(), testKey(), testKey()];
    await clientOf().addBatch([key, ...others].map((one) => envelopeSubmission('a', one)));
  });
  const query = { subject: `sha256:${sha256Hex('a')}` };

  async function indexes(client = clientOf()): Promise<number[]> {
    const found: number[] = [];
    for await (const { index } of client.find(query)) found.push(index);
    return found;
  }

  it('yields every match over all pages, newest first', async () => {
    expect(await indexes()).toEqual([8, 7, 6, 5]);
  });

  it('yields nothing for what is not there', async () => {
    log.stored.splice(5);
    expect(await indexes()).toEqual([]);
  });

  const lies: [string, string, Lie][] = [
    ['a root that it did not sign', 'proof_invalid', (_, a: Loose) => ({ ...a, rootHash: toHex(log.root(3)) })],
    ['an entry that is not in the tree', 'proof_invalid', (_, a: Loose) => lieAboutLeaf(a)],
    [
      'the same page for ever',
      'answer_unexpected',
      (_, a: Loose) => ({ ...a, entries: a.entries.slice(0, 1), next: '9' }),
    ],
    ['a size beyond its checkpoint', 'answer_unexpected', (_, a: Loose) => ({ ...a, treeSize: 99 })],
  ];
  it.each(lies)('detects a log that answers with %s', async (_, code, lie) => {
    log.lie = (path, answer) => (path.startsWith('/v1/entries?') ? lie(path, answer) : answer);
    expect(await codeOf(indexes())).toBe(code);
  });

  function lieAboutLeaf(answer: Loose): Loose {
    return { ...answer, entries: [{ index: 8, leafHash: toHex(log.stored[7]!.hash) }] };
  }
});
