/** The feed of entries over HTTP. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EntryPage } from '../../../src/http/feed/entry-page.ts';
import { entryPage, PAGE_ENTRIES } from '../../../src/http/feed/entry-page.ts';
import { artifactSubmission, envelopeSubmission, testKey } from '../../client/submissions.ts';
import { type InlineApp, inlineApp } from '../inline-app.ts';

const key = testKey();
let served: InlineApp;
beforeEach(async () => {
  served = await inlineApp({ streams: 2, heartbeat: 30, stall: 60_000 });
});
afterEach(async () => {
  served.entryStreams.end();
  await served.log.close();
});

async function add(count: number): Promise<void> {
  const from = served.log.head().size;
  const lines = Array.from({ length: count }, (_, i) => JSON.stringify(artifactSubmission(`a${from + i}`, key)));
  await served.log.submit({ format: 'ndjson', body: new Uint8Array(Buffer.from(lines.join('\n'))), admitted: true });
}

/** Messages of a stream as text, until one has the words. */
async function read(words: string, path = '/v1/feed', headers: Record<string, string> = {}): Promise<string> {
  const response = await served.app.request(path, { headers });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(words)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text;
}

it('says of an entry what it is found by', async () => {
  await served.log.add(envelopeSubmission('app', key));
  const { entries } = entryPage(served.log, 1);
  expect(entries).toMatchObject([
    { index: 1, kind: 'hashedrekord', predicateType: 'https://example.com/p/v1', subjectCount: 1, payload: 'stored' },
  ]);
  expect(entries[0]!.eventIds[0]).toMatch(/^[0-9a-f]{64}$/);
});

it('names the first checkpoint that covers a page, so that the page never changes', async () => {
  await add(PAGE_ENTRIES);
  const before = entryPage(served.log, 0);
  await add(2);
  expect(entryPage(served.log, 0)).toEqual(before);
});

it('brings a page at a time, and where to go on from', async () => {
  await add(PAGE_ENTRIES + 5);
  const text = await read(`id: ${PAGE_ENTRIES + 6}\n`);
  expect(text).toContain(`id: ${PAGE_ENTRIES}\nevent: entries\n`);
});

it('goes on from the entry that was seen last', async () => {
  await add(3);
  const text = await read('event: entries', '/v1/feed?from=0', { 'last-event-id': '2' });
  const page = JSON.parse(/event: entries\ndata: (.*)/.exec(text)![1]!) as EntryPage;
  expect([page.from, page.next]).toEqual([2, 4]);
});

it('does not begin beyond the log', async () => {
  const response = await served.app.request('/v1/feed?from=2');
  expect([response.status, await response.json()]).toMatchObject([404, { code: 'not_yet_published', treeSize: 1 }]);
});

it('has a bounded number of streams', async () => {
  const open = await Promise.all([1, 2].map(() => served.app.request('/v1/feed')));
  expect((await served.app.request('/v1/feed')).status).toBe(503);
  await Promise.all(open.map(({ body }) => body!.cancel()));
});

it('reads nothing for a reader that does not read', async () => {
  await add(3 * PAGE_ENTRIES);
  const reads = vi.spyOn(served.log.reader, 'entry');
  const { body } = await served.app.request('/v1/feed');
  await add(1);
  expect(reads.mock.calls.length).toBeLessThanOrEqual(PAGE_ENTRIES);
  await body!.cancel();
});
