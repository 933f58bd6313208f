import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../src/core/bytes.ts';
import { logEntry } from '../../../src/http/rekor/schema-rekor-v1.ts';
import { naiveConsistency, naiveLeafHash, naivePath, naiveTree, type TreeHash } from '../../core/naive-merkle.ts';
import { envelope, hashOf, statement, testKey } from '../../fixtures/make.ts';
import { certificate, email, pem } from '../../fixtures/make-certificate.ts';
import { base64, dsseRequest, hashedRekordRequest, intotoRequest } from '../../fixtures/rekor-v1.ts';
import { type InlineApp, inlineApp } from '../inline-app.ts';

const ENTRIES = '/api/v1/log/entries';
const key = testKey('p256');
const certificatePem = pem('CERTIFICATE', certificate({ key, names: [email('Dev@example.com')] }));
const artifact = utf8('the artifact');
const subject = 'cd'.repeat(32);
const signed = envelope(statement(subject), [key]);

const REQUESTS = {
  hashedrekord: hashedRekordRequest(artifact, key),
  dsse: dsseRequest(signed, [certificatePem]),
  intoto: intotoRequest(signed, [key.pem]),
};
type Kind = keyof typeof REQUESTS;
const KINDS = Object.keys(REQUESTS) as Kind[];

interface Entry {
  body: string;
  integratedTime: number;
  logID: string;
  logIndex: number;
  attestation?: { data: string };
  verification: {
    inclusionProof: { checkpoint: string; hashes: string[]; logIndex: number; rootHash: string; treeSize: number };
    signedEntryTimestamp: string;
  };
}
type Answer = Record<string, Entry>;

let app: InlineApp;
let publicKey: KeyObject;
/** What each kind was answered with when it was logged. */
const first = {} as Record<Kind, Answer>;
/** The tree by an independent implementation, over the leaves as they are served. */
let tree: TreeHash;

beforeAll(async () => {
  app = await inlineApp();
  await app.log.add({ envelope: envelope(statement('ef'.repeat(32)), [key]), publicKey: key.pem });
  for (const kind of KINDS) first[kind] = await json<Answer>(await app.post(ENTRIES, REQUESTS[kind]));
  publicKey = createPublicKey(await (await app.get('/api/v1/log/publicKey')).text());
  const leaves: Uint8Array[] = [];
  for (let index = 0; index < app.log.head().size; index++) {
    const [, { body }] = theOnly(await json<Answer>(await app.get(`${ENTRIES}?logIndex=${index}`)));
    leaves.push(Buffer.from(body, 'base64'));
  }
  tree = naiveTree(leaves);
});
afterAll(() => app.log.close());

async function json<T>(answer: Response): Promise<T> {
  expect(answer.headers.get('content-type')).toBe('application/json');
  return (await answer.json()) as T;
}

function theOnly(answer: Answer): [string, Entry] {
  const [entry, ...others] = Object.entries(answer);
  expect(others).toEqual([]);
  return entry!;
}

/** Judges an answer as a client would, by code that the log does not share. */
function judge(answer: Answer): { index: number; body: { kind: string; apiVersion: string } } {
  const [uuid, { body, integratedTime, logID, logIndex, verification }] = theOnly(answer);
  const leaf = Buffer.from(body, 'base64');
  expect(logID).toBe(
    createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
  );
  expect(uuid).toBe(`${app.log.rekorV1!.identity.treeId}${naiveLeafHash(leaf).toString('hex')}`);

  const stamped = `{"body":"${body}","integratedTime":${integratedTime},"logID":"${logID}","logIndex":${logIndex}}`;
  const stamp = Buffer.from(verification.signedEntryTimestamp, 'base64');
  expect(verify('sha256', Buffer.from(stamped), publicKey, stamp)).toBe(true);

  const { checkpoint, hashes, logIndex: provedIndex, rootHash, treeSize } = verification.inclusionProof;
  expect(provedIndex).toBe(logIndex);
  const root = tree(0n, BigInt(treeSize));
  expect(rootHash).toBe(root.toString('hex'));
  expect(hashes).toEqual(naivePath(tree, BigInt(logIndex), 0n, BigInt(treeSize)).map((hash) => hash.toString('hex')));
  judgeNote(checkpoint, treeSize, root);
  return { index: logIndex, body: JSON.parse(leaf.toString()) };
}

function judgeNote(note: string, size: number, root: Buffer): void {
  const [text = '', line = ''] = note.split('\n\n');
  const treeId = BigInt(`0x${app.log.rekorV1!.identity.treeId}`);
  expect(`${text}\n`).toBe(`log.example.org - ${treeId}\n${size}\n${root.toString('base64')}\n`);
  const signature = Buffer.from(line.split(' ')[2] ?? '', 'base64').subarray(4);
  expect(verify('sha256', Buffer.from(`${text}\n`), publicKey, signature)).toBe(true);
}

describe.each(KINDS)('an entry of kind %s', (kind) => {
  it('is answered with proof, checkpoint and timestamp that hold', () => {
    const { body } = judge(first[kind]);
    const { kind: asked, apiVersion } = REQUESTS[kind];
    expect(body).toMatchObject({ kind: asked, apiVersion });
    expect(logEntry.parse(first[kind])).toEqual(first[kind]);
  });

  it('is in the tree that everyone else reads', async () => {
    const { index } = judge(first[kind]);
    const native = (await (await app.get(`/v1/entries/${index}`)).json()) as { canonicalizedBody: string };
    expect(native.canonicalizedBody).toBe(theOnly(first[kind])[1].body);
    expect((await app.get(`/v1/entries/${index}/bundle`)).status).toBe(200);
  });

  it('has the time of the checkpoint that it was first covered by', () => {
    const [, { integratedTime, logIndex }] = theOnly(first[kind]);
    expect(integratedTime).toBe(app.log.reader.checkpointCovering(logIndex).time);
  });

  it('is answered the same when it is sent again, with 201', async () => {
    const again = await app.post(ENTRIES, REQUESTS[kind]);
    expect(again.status).toBe(201);
    const [uuid, entry] = theOnly(first[kind]);
    expect(again.headers.get('location')).toBe(`${ENTRIES}/${uuid}`);
    expect(again.headers.get('etag')).toBe(uuid);
    const answer = await json<Answer>(again);
    judge(answer);
    expect(withoutSignatures(answer)).toEqual(withoutSignatures({ [uuid]: entry }));
  });

  it('is found by UUID, by leaf hash in either case, and by index', async () => {
    const [uuid, { logIndex }] = theOnly(first[kind]);
    const ways = [`/${uuid}`, `/${uuid.slice(16)}`, `/${uuid.toUpperCase()}`, `?logIndex=${logIndex}`];
    for (const way of ways) {
      const answer = await json<Answer>(await app.get(`${ENTRIES}${way}`));
      judge(answer);
      expect(withoutSignatures(answer), way).toEqual(withoutSignatures(first[kind]));
    }
  });

  it('is found by its proposed entry', async () => {
    const found = await json<Answer[]>(await app.post(`${ENTRIES}/retrieve`, { entries: [REQUESTS[kind]] }));
    expect(found.map((one) => theOnly(one)[0])).toEqual([theOnly(first[kind])[0]]);
  });
});

it('does not find a proposed entry with another signature', async () => {
  const proposed = hashedRekordRequest(artifact, testKey('p256', 'another'));
  expect(await json(await app.post(`${ENTRIES}/retrieve`, { entries: [proposed] }))).toEqual([]);
});

/** ECDSA signs anew each time; a payload is shown, and not answered. */
function withoutSignatures(answer: Answer): unknown {
  const [uuid, { attestation: _, verification, ...entry }] = theOnly(answer);
  const { checkpoint, ...proof } = verification.inclusionProof;
  return { uuid, entry, proof, checkpoint: checkpoint.split('\n\n')[0] };
}

it('shows entries of every other kind too, the log’s own statements among them', async () => {
  const kinds = [];
  for (let index = 0; index < 2; index++)
    kinds.push(judge(await json<Answer>(await app.get(`${ENTRIES}?logIndex=${index}`))).body);
  expect(kinds).toMatchObject([
    { kind: 'hashedrekord', apiVersion: '0.0.2' },
    { kind: 'hashedrekord', apiVersion: '0.0.2' },
  ]);
});

it('shows a payload with its entry, unless it is large', async () => {
  const shown = async (answer: Answer) => theOnly(await json(await app.get(`${ENTRIES}/${theOnly(answer)[0]}`)))[1];
  expect((await shown(first.intoto)).attestation).toEqual({ data: base64(statement(subject)) });
  const large = envelope(statement(subject, { predicate: 'x'.repeat(101 * 1024) }), [key]);
  const answer = await json<Answer>(await app.post(ENTRIES, dsseRequest(large, [key.pem])));
  expect((await shown(answer)).attestation).toBeUndefined();
});

describe('retrieving', () => {
  const retrieve = (query: unknown) => app.post(`${ENTRIES}/retrieve`, query);

  it('gives those that are there, in the order of the question', async () => {
    const [uuid] = theOnly(first.dsse);
    const other = `${'0'.repeat(16)}${uuid.slice(16)}`;
    const query = { entryUUIDs: [uuid, 'ab'.repeat(32), other], logIndexes: [1, 1_000_000], entries: null };
    const found = await json<Answer[]>(await retrieve(query));
    expect(found.map((one) => theOnly(one)[1].logIndex)).toEqual([theOnly(first.dsse)[1].logIndex, 1]);
    expect(await json(await retrieve({}))).toEqual([]);
  });

  it('is no entry to be got', async () => {
    const answer = await app.get(`${ENTRIES}/retrieve`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });

  it('gives ten at most', async () => {
    expect((await retrieve({ logIndexes: Array(10).fill(0) })).status).toBe(200);
    const answer = await retrieve({ logIndexes: Array(9).fill(0), entryUUIDs: ['00'.repeat(32), '00'.repeat(32)] });
    expect([answer.status, await answer.json()]).toEqual([422, { code: 422, message: expect.any(String) }]);
  });

  it.each([
    { entryUUIDs: ['x'] },
    { entryUUIDs: ['00'.repeat(33)] },
    { logIndexes: [-1] },
    { logIndexes: [0.5] },
    { logIndexes: ['1'] },
    { entries: [{ kind: 'rekord' }] },
    { entries: [{ ...REQUESTS.dsse, spec: {} }] },
    { more: 1 },
    [],
  ])('refuses %j', async (query) => {
    const answer = await retrieve(query);
    expect([answer.status, await answer.json()]).toEqual([400, { code: 400, message: expect.any(String) }]);
  });
});

describe('the index', () => {
  const search = async (query: unknown) => json<string[]>(await app.post('/api/v1/index/retrieve', query));
  const uuidOf = (kind: Kind) => theOnly(first[kind])[0];
  const sha256 = (bytes: Uint8Array) => toHex(hashOf('sha256', bytes));

  it.each<[string, () => unknown, Kind[]]>([
    ['an artifact’s digest', () => ({ hash: `sha256:${sha256(artifact)}` }), ['hashedrekord']],
    ['a digest without its name, in capitals', () => ({ hash: sha256(artifact).toUpperCase() }), ['hashedrekord']],
    ['a payload’s digest', () => ({ hash: `sha256:${sha256(utf8(statement(subject)))}` }), ['intoto', 'dsse']],
    ['an envelope’s digest', () => ({ hash: sha256(utf8(JSON.stringify(signed))) }), ['dsse']],
    ['an e-mail address', () => ({ email: 'Dev@example.com' }), ['dsse']],
    ['a subject', () => ({ subject: 'Dev@example.com' }), ['dsse']],
    ['all of several', () => ({ hash: subject, email: 'Dev@example.com', operator: 'and' }), ['dsse']],
    ['one name twice', () => ({ email: 'Dev@example.com', subject: 'Dev@example.com', operator: 'and' }), ['dsse']],
    ['one of several', () => ({ hash: sha256(artifact), email: 'Dev@example.com' }), ['dsse', 'hashedrekord']],
    ['nothing that is there', () => ({ hash: `sha512:${'00'.repeat(64)}` }), []],
    ['nothing that is all of it', () => ({ hash: subject, email: 'x@example.com', operator: 'and' }), []],
  ])('finds by %s', async (_, query, kinds) => {
    expect((await search(query())).slice(0, 3)).toEqual(kinds.map(uuidOf));
  });

  it('finds every kind by a statement’s subject and by the key, newest first', async () => {
    expect(await search({ hash: subject })).toEqual(
      expect.arrayContaining(['dsse', 'intoto'].map((kind) => uuidOf(kind as Kind))),
    );
    for (const text of [key.pem, certificatePem]) {
      const found = await search({ publicKey: { format: 'x509', content: base64(text) } });
      expect(found).toEqual(expect.arrayContaining(KINDS.map(uuidOf)));
      expect(found.length).toBeGreaterThanOrEqual(4);
    }
  });

  it.each([
    {},
    { hash: null },
    { hash: 'sha256:00' },
    { hash: `sha512:${'00'.repeat(32)}` },
    { publicKey: { format: 'pgp', content: 'AAAA' } },
    { publicKey: { format: 'x509', content: 'AAAA' } },
    { email: 'a@example.com', subject: 'b@example.com', operator: 'and' },
    { hash: subject, operator: 'xor' },
    { more: 1 },
  ])('refuses %j', async (query) => {
    const answer = await app.post('/api/v1/index/retrieve', query);
    expect([answer.status, await answer.json()]).toEqual([400, { code: 400, message: expect.any(String) }]);
  });
});

describe('the log', () => {
  it('is described with a signed head', async () => {
    const { size, root } = app.log.head();
    const info = await json<{ signedTreeHead: string }>(await app.get('/api/v1/log?stable=true'));
    const treeID = String(BigInt(`0x${app.log.rekorV1!.identity.treeId}`));
    expect(info).toMatchObject({ treeSize: size, rootHash: toHex(root), treeID, inactiveShards: [] });
    judgeNote(info.signedTreeHead, size, Buffer.from(root));
  });

  it.each(['?stable=', '?stable=maybe', '?more=1'])('refuses a question %s', async (query) => {
    expect((await app.get(`/api/v1/log${query}`)).status).toBe(400);
  });

  it('proves that it only grew, between any two sizes', async () => {
    for (const [older, newer] of [
      [1, 5],
      [3, 4],
      [5, 5],
    ] as const) {
      const answer = await app.get(`/api/v1/log/proof?firstSize=${older}&lastSize=${newer}`);
      expect(await json(answer)).toEqual({
        rootHash: tree(0n, BigInt(newer)).toString('hex'),
        hashes: naiveConsistency(tree, BigInt(older), BigInt(newer)).map((hash) => hash.toString('hex')),
      });
    }
  });

  it.each([
    '?lastSize=0',
    '?firstSize=3&lastSize=2',
    '?lastSize=1000',
    '?firstSize=0&lastSize=2',
    '',
    '?lastSize=2&a=b',
  ])('refuses a proof %s', async (query) => {
    expect((await app.get(`/api/v1/log/proof${query}`)).status).toBe(400);
  });

  it('knows its own tree id only', async () => {
    const treeID = BigInt(`0x${app.log.rekorV1!.identity.treeId}`);
    for (const path of ['/api/v1/log/publicKey?', '/api/v1/log/proof?lastSize=2&']) {
      expect((await app.get(`${path}treeID=${treeID}`)).status).toBe(200);
      expect((await app.get(`${path}treeID=${treeID + 1n}`)).status).toBe(404);
    }
  });
});
