/** The door for clients of Rekor v2, in the real program: real requests, and clients that lose their answers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SHARED_ABSENT, shared } from '../shared.ts';
import { type Answer, Http } from './http.ts';
import { inParallel } from './parallel.ts';
import {
  checkLogEntry,
  expectedLeaf,
  type HashedRekordRequest,
  hashedRekordRequest,
  type LogEntry,
} from './rekor-v2.ts';
import { start, useServers } from './running-server.ts';

const { place } = useServers();
const PATH = '/api/v2/log/entries';
const PARALLEL = 50;

const post = (http: Http, request: unknown): Promise<Answer> => http.send('POST', PATH, JSON.stringify(request));
const entryOf = ({ body }: Answer) => JSON.parse(body.toString()) as LogEntry;
const bodyOf = ({ canonicalizedBody }: LogEntry) => Buffer.from(canonicalizedBody, 'base64').toString();

const real = shared('real');

describe.skipIf(real === undefined)(`the shared real requests${real === undefined ? `: ${SHARED_ABSENT}` : ''}`, () => {
  it('are accepted or refused as listed, each with the leaf that it must have, and a proof', async () => {
    const read = (name: string) => readFileSync(join(real!, name), 'utf8');
    const { requests } = JSON.parse(read('expected.json')) as { requests: { lines: { expected: string }[] } };
    const lines = read('derived/hashedrekord-requests.jsonl').trimEnd().split('\n');
    const cases = lines.map((line, i) => ({
      request: (JSON.parse(line) as { request: HashedRekordRequest }).request,
      expected: requests.lines[i]!.expected,
    }));
    const server = await start(place());
    const http = new Http(server.url);
    const answers = await inParallel(PARALLEL, cases, ({ request }) => post(http, request));

    const outcomes = answers.map(({ status }) => (status === 201 ? 'accept' : status === 400 ? 'reject' : status));
    expect(outcomes).toEqual(cases.map(({ expected }) => expected));
    expect(outcomes.filter((outcome) => outcome === 'reject')).toHaveLength(4);
    answers.forEach((answer, i) => {
      if (answer.status !== 201) {
        expect(JSON.parse(answer.body.toString())).toEqual({ code: 3, message: expect.any(String), details: [] });
        return;
      }
      const entry = entryOf(answer);
      checkLogEntry(entry, server);
      expect(bodyOf(entry)).toBe(expectedLeaf(cases[i]!.request));
    });
    const indexes = new Set(answers.filter(({ status }) => status === 201).map((answer) => entryOf(answer).logIndex));
    expect(indexes.size).toBe(
      new Set(cases.filter((one) => one.expected === 'accept').map((one) => expectedLeaf(one.request))).size,
    );
    http.close();
  });
});

describe('a commit that takes four seconds', () => {
  it('and a client that gives up before it and asks again: the entry is there once, and the client has it', async () => {
    const where = place();
    await (await start(where)).process.stop();
    const server = await start(where, { env: { COUNTERSIGN_DELAY_AT: 'before-commit:4000' } });
    const request = hashedRekordRequest();
    let lost = 0;

    /** Asks as clients do: a request that has no answer in time is sent again. */
    async function signing(): Promise<{ status: number; entry: LogEntry }> {
      for (;;) {
        try {
          const headers = { 'content-type': 'application/json' };
          const body = JSON.stringify(request);
          const signal = AbortSignal.timeout(2_500);
          const answer = await fetch(server.url + PATH, { method: 'POST', headers, body, signal });
          return { status: answer.status, entry: (await answer.json()) as LogEntry };
        } catch {
          lost++;
        }
      }
    }
    const { status, entry } = await signing();
    expect(lost).toBeGreaterThan(0);
    expect([status, entry.logIndex, bodyOf(entry)]).toEqual([201, '1', expectedLeaf(request)]);
    checkLogEntry(entry, server);
    const http = new Http(server.url);
    expect((await http.head()).size).toBe(2);
    http.close();
  });
});
