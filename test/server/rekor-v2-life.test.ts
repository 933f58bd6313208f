/** The life of a log as clients of Rekor v2 see it: many writes at once, reads, a restart, the end. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { type Answer, Http } from './http.ts';
import { inParallel } from './parallel.ts';
import { checkLogEntry, expectedLeaf, hashedRekordRequest, type LogEntry, leafHashOf } from './rekor-v2.ts';
import { type Exit, type RunningServer, run, start } from './running-server.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const COUNT = 260;
const PARALLEL = 50;
const requests = Array.from({ length: COUNT }, hashedRekordRequest);

const folder = temporaryFolder();
const where = { data: `${folder.path}/data`, anchor: `${folder.path}/anchor` };
let server: RunningServer;
let http: Http;
/** What the requests were answered first, in their order. */
let entries: LogEntry[];

async function begin(): Promise<void> {
  server = await start(where);
  http = new Http(server.url, PARALLEL);
}
async function end(): Promise<void> {
  http.close();
  await server.process.stop();
}
afterAll(async () => {
  await end();
  folder.remove();
});

const post = (request: unknown): Promise<Answer> => http.send('POST', '/api/v2/log/entries', JSON.stringify(request));
const parse = ({ body }: Answer) => JSON.parse(body.toString()) as LogEntry;
const bodyOf = ({ canonicalizedBody }: LogEntry) => Buffer.from(canonicalizedBody, 'base64').toString();
const freeze = (...flags: string[]): Promise<Exit> =>
  run('freeze', '--data', where.data, '--anchor', where.anchor, ...flags);

async function answerAgain(): Promise<void> {
  const again = await inParallel(PARALLEL, requests, post);
  expect(again.map(({ status }) => status)).toEqual(Array(COUNT).fill(201));
  expect(again.map(parse)).toEqual(entries);
}

describe('260 writes, 50 at a time', () => {
  beforeAll(async () => {
    await begin();
    const answers = await inParallel(PARALLEL, requests, post);
    expect(answers.map(({ status }) => status)).toEqual(Array(COUNT).fill(201));
    entries = answers.map(parse);
  });

  it('have an index each', () => {
    const indexes = entries.map(({ logIndex }) => Number(logIndex)).sort((a, b) => a - b);
    expect(indexes).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1));
  });

  it('are proved to be in the log', () => {
    for (const entry of entries) checkLogEntry(entry, server);
  });

  it('have the leaf that their request says', () => {
    expect(entries.map(bodyOf)).toEqual(requests.map(expectedLeaf));
  });

  it('are answered the same when they are sent again', answerAgain);

  it('are in the entry bundles below the door', async () => {
    const bodies = new Map(entries.map((entry) => [Number(entry.logIndex), bodyOf(entry)]));
    for (const [index, leaf] of (await storedLeaves()).entries()) {
      if (index > 0) expect(leaf.toString()).toBe(bodies.get(index));
    }
  });

  it('are in the tiles, below the door and at the root', async () => {
    const hashes = Buffer.concat((await storedLeaves()).map(leafHashOf));
    for (const prefix of ['/api/v2', '']) {
      const tiles = [await http.get(`${prefix}/tile/0/000`), await http.get(`${prefix}/tile/0/001.p/5`)];
      expect(Buffer.concat(tiles.map(({ body }) => body)).equals(hashes), prefix).toBe(true);
    }
  });

  it('are covered by the checkpoint below the door', async () => {
    const { body } = await http.get('/api/v2/checkpoint');
    expect(body.toString()).toMatch(new RegExp(`^${server.origin.replaceAll('.', '\\.')}\n${COUNT + 1}\n`));
  });
});

/** The leaves of both bundles: one that is full, and one that is not. */
async function storedLeaves(): Promise<Buffer[]> {
  const leaves: Buffer[] = [];
  for (const name of ['000', '001.p/5']) {
    const { status, body } = await http.get(`/api/v2/tile/entries/${name}`);
    expect(status).toBe(200);
    for (let at = 0; at < body.length; ) {
      const start = at + 2;
      at = start + body.readUInt16BE(at);
      leaves.push(body.subarray(start, at));
    }
  }
  expect(leaves).toHaveLength(COUNT + 1);
  return leaves;
}

describe('after a restart', () => {
  beforeAll(async () => {
    await end();
    await begin();
  });

  it('every request is answered as before', answerAgain);

  it('freezing is refused while the server runs', async () => {
    expect(await freeze()).toMatchObject({ code: 78, stderr: expect.stringContaining('running') });
  });
});

describe('a log that was frozen', () => {
  let frozen: Exit;
  beforeAll(async () => {
    await end();
    frozen = await freeze('--format', 'json');
    await begin();
  });

  it('has one entry more', () => {
    expect(JSON.parse(frozen.stdout)).toMatchObject({ schema: 'countersign/freeze/v1', size: COUNT + 2 });
    expect(frozen.code).toBe(0);
  });

  it('says so when it starts, in its description and in its readiness', async () => {
    expect(server).toMatchObject({ frozen: true, size: COUNT + 2 });
    expect(await http.json('/v1/log')).toMatchObject({ frozen: true });
    expect(await http.json('/readyz')).toMatchObject({ status: 'ready', frozen: true });
  });

  it('refuses at the doors what it holds and what it does not, in the words of Rekor', async () => {
    const atV1 = http.send('POST', '/api/v1/log/entries', '{}');
    for (const answer of [post(requests[0]), post(hashedRekordRequest()), atV1]) {
      const { status, body } = await answer;
      expect(status).toBe(405);
      expect(body.toString()).toBe('This log has been frozen, please switch to the latest log.\n');
    }
  });

  it('refuses writes of our own form for good', async () => {
    const { status, headers, body } = await http.send('POST', '/v1/entries', '{}');
    expect([status, headers['retry-after'], JSON.parse(body.toString()).code]).toEqual([410, undefined, 'log_frozen']);
  });

  it('goes on serving', async () => {
    expect((await http.get('/api/v2/tile/entries/000')).status).toBe(200);
    const found = await http.json('/v1/entries?predicateType=urn:countersign:statement:frozen:v1');
    expect(found).toMatchObject({ entries: [{ index: COUNT + 1 }] });
  });

  it('cannot be frozen again', async () => {
    await end();
    expect(await freeze()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('frozen') });
    await begin();
  });

  it('is sound', async () => {
    expect(await run('fsck', '--data', where.data)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sound/) });
  });
});
