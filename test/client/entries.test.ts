/** The feed of entries, from a real log, from one that lies, and from one that signs two histories. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followEntries } from '../../src/client/entries.ts';
import { EntryFeed } from '../../src/client/entry-feed.ts';
import { LogMisbehaviour } from '../../src/client/follow.ts';
import { LogClient } from '../../src/client/log-client.ts';
import { LogKey } from '../../src/client/log-key.ts';
import { toHex } from '../../src/core/bytes.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { type EntryPage, entryPage, PAGE_ENTRIES } from '../../src/http/feed/entry-page.ts';
import { controlSubmission, selfRevocation } from '../fixtures/control.ts';
import { testKey as fixtureKey } from '../fixtures/make.ts';
import { type InlineApp, inlineApp } from '../http/inline-app.ts';
import { createInlineLog, openInlineLog } from '../inline-log.ts';
import { artifactSubmission, testKey } from './submissions.ts';

const key = testKey();
let served: InlineApp;
let count = 0;
beforeEach(async () => {
  served = await inlineApp({ streams: 10, heartbeat: 20, stall: 60_000 });
});
afterEach(async () => {
  served.entryStreams.end();
  await served.log.close();
});

async function add(entries: number, log = served.log): Promise<void> {
  const lines = Array.from({ length: entries }, () => JSON.stringify(artifactSubmission(`artifact ${count++}`, key)));
  await log.submit({ format: 'ndjson', body: new Uint8Array(Buffer.from(lines.join('\n'))), admitted: true });
}

function client(fetchIt: typeof fetch = served.fetch): LogClient {
  const { verifierKey } = served.log.identity;
  return new LogClient({ url: 'http://log.test', fetch: fetchIt, verifierKey, retry: { attempts: 1 } });
}

/** Follows until `size` entries were seen. */
async function followTo(size: number, feed = new EntryFeed(), from = client()): Promise<EntryFeed> {
  for await (const page of followEntries(from, feed, { retryDelay: 1 })) if (page.feed.next >= size) break;
  return feed;
}

const openWith = () => {
  const logKey = new LogKey(served.log.identity);
  return async (note: string) => logKey.open(note);
};

/** Appends a page that was changed on its way. */
async function appendChanged(change: (page: EntryPage) => void): Promise<unknown> {
  const page = entryPage(served.log, 0);
  change(page);
  return new EntryFeed().append(page, openWith());
}

describe('the feed', () => {
  it('gives the tree that the log signed, over pages and checkpoints', async () => {
    await add(PAGE_ENTRIES);
    await add(3);
    const feed = await followTo(PAGE_ENTRIES + 4);
    expect(toHex(feed.known.root())).toBe(toHex(served.log.head().root));
  });

  it('brings what is logged while it is followed', async () => {
    const seen: number[] = [];
    for await (const { entries, feed } of followEntries(client(), undefined, { retryDelay: 1 })) {
      seen.push(...entries.map(({ index }) => index));
      if (feed.next === 1) await add(2);
      if (feed.next === 3) break;
    }
    expect(seen).toEqual([0, 1, 2]);
  });

  it('goes on from the tree that was known', async () => {
    await add(4);
    const { known } = await followTo(5);
    await add(2);
    const feed = await followTo(7, new EntryFeed(CompactRange.from(known.size, known.peakHashes())));
    expect(toHex(feed.known.root())).toBe(toHex(served.log.head().root));
  });

  it('says which revocations took effect with its entries', async () => {
    const { log } = served;
    await log.add(controlSubmission(selfRevocation(fixtureKey('p256')), fixtureKey('p256')));
    const page = await new EntryFeed().append(entryPage(log, 0), openWith());
    expect(page.revocationsUnverified).toEqual({ from: 0, next: 1 });
  });

  it('ends by its signal', async () => {
    const abort = new AbortController();
    const following = followEntries(client(), undefined, { signal: abort.signal });
    await following.next();
    const next = following.next().then(() => following.next());
    abort.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});

describe('a page that is not the log’s', () => {
  beforeEach(() => add(2));

  it('with another leaf hash is refused', async () => {
    const changed = appendChanged(({ entries }) => {
      entries[1]!.leafHash = '00'.repeat(32);
    });
    await expect(changed).rejects.toMatchObject({ code: 'proof_invalid' });
  });

  it('with two entries in each other’s place is refused', async () => {
    const changed = appendChanged(({ entries }) => {
      [entries[0]!.leafHash, entries[1]!.leafHash] = [entries[1]!.leafHash, entries[0]!.leafHash];
    });
    await expect(changed).rejects.toMatchObject({ code: 'proof_invalid' });
  });

  it('without its last entry is refused', async () => {
    const changed = appendChanged((page) => {
      page.entries.pop();
      page.next--;
    });
    await expect(changed).rejects.toMatchObject({ code: 'proof_invalid' });
  });

  it('leaves the feed as it was', async () => {
    const feed = new EntryFeed();
    const page = entryPage(served.log, 0);
    await expect(feed.append({ ...page, consistency: ['00'.repeat(32)] }, openWith())).rejects.toThrow();
    expect((await feed.append(page, openWith())).entries).toHaveLength(3);
  });
});

describe('a log that signs two histories', () => {
  let folder: string;
  let other: Awaited<ReturnType<typeof createInlineLog>>;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-fork-'));
    await (await createInlineLog({ folder: join(folder, 'a') })).close();
    cpSync(join(folder, 'a'), join(folder, 'b'), { recursive: true });
    await served.log.close();
    served = await inlineApp(
      { streams: 10, heartbeat: 20, stall: 60_000 },
      openInlineLog({ folder: join(folder, 'a') }),
    );
    other = openInlineLog({ folder: join(folder, 'b') });
  });
  afterEach(async () => {
    await other.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('of one size is convicted by two checkpoints', async () => {
    await add(1);
    await add(1, other);
    const feed = await followTo(2);
    const forked = await inlineApp({ streams: 10, heartbeat: 20, stall: 60_000 }, other);
    const error = await followTo(3, feed, client(forked.fetch)).catch((thrown) => thrown);
    forked.entryStreams.end();
    expect(error).toBeInstanceOf(LogMisbehaviour);
    expect((error as LogMisbehaviour).evidence).toMatchObject({ kind: 'two-roots' });
  });

  it('is convicted by a checkpoint that its entries do not lead to', async () => {
    await add(3);
    await add(2, other);
    const [ahead] = [new LogKey(served.log.identity).open(other.head().note)];
    const error = await followTo(4, new EntryFeed(undefined, [ahead])).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LogMisbehaviour);
    expect((error as LogMisbehaviour).evidence).toMatchObject({
      kind: 'inconsistent',
      notes: [other.head().note, served.log.head().note],
    });
  });
});
