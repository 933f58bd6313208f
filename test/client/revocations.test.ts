/** Replicas of the feed, from a real log and from one that lies. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogClient } from '../../src/client/log-client.ts';
import type { RevocationFeed } from '../../src/client/revocation-feed.ts';
import { followRevocations, replicateRevocations } from '../../src/client/revocations.ts';
import { fromBase64, toBase64, toHex } from '../../src/core/bytes.ts';
import { feedStatement } from '../../src/entry/submission/feed-statement.ts';
import { PAGE_EVENTS, type RevocationPage } from '../../src/http/revocations/revocation-page.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { controlSubmission, selfRevocation } from '../fixtures/control.ts';
import { envelope, statement, testKey } from '../fixtures/make.ts';
import { type InlineApp, inlineApp } from '../http/inline-app.ts';

const key = testKey('p256');
let served: InlineApp;
/** What becomes of each page on its way. */
let lie: (page: RevocationPage) => void;
/** Number of streams that were asked for. */
let streams = 0;
beforeEach(async () => {
  served = await inlineApp({ streams: 10, heartbeat: 20, stall: 60_000 });
  lie = () => undefined;
  streams = 0;
});
afterEach(async () => {
  served.streams.end();
  await served.log.close();
});

const fetchLying: typeof fetch = async (url, init) => {
  const response = await served.fetch(url, init);
  if (String(url).includes('/stream')) streams++;
  if (!String(url).includes('/v1/revocations?')) return response;
  const page = (await response.json()) as RevocationPage;
  lie(page);
  return Response.json(page);
};
const client = () => {
  const { verifierKey } = served.log.identity;
  return new LogClient({
    url: 'http://log.test',
    fetch: fetchLying,
    verifierKey,
    checks: nativeChecks,
    retry: { attempts: 1 },
  });
};

async function revoke(count = 1): Promise<void> {
  const lines = Array.from({ length: count }, () => JSON.stringify(controlSubmission(selfRevocation(key), key)));
  await served.log.submit({ format: 'ndjson', body: new Uint8Array(Buffer.from(lines.join('\n'))), admitted: true });
}
const stateOf = ({ state }: RevocationFeed) => [state.size, toHex(state.root), state.statement?.index];
const stated = () => {
  const { size, root, statement: index } = served.log.reader.feedHead();
  return [size, toHex(root), index];
};

describe('a replica', () => {
  it('of a log without control statements is empty', async () => {
    const { feed, checkpoint } = await replicateRevocations(client());
    expect(stateOf(feed)).toEqual(stated());
    expect(checkpoint.size).toBe(1);
  });

  it('holds all of them, and is proved to be what the log states', async () => {
    await revoke(2);
    await revoke(1);
    const { feed, checkpoint } = await replicateRevocations(client());
    expect(stateOf(feed)).toEqual(stated());
    expect(feed.events.map(({ position, index, batchStart }) => [position, index, batchStart])).toEqual([
      [0, 1, 1],
      [1, 2, 1],
      [2, 4, 4],
    ]);
    expect(checkpoint.size).toBe(served.log.head().size);
  });

  it('spans pages, also where one ends within a batch', async () => {
    await revoke(PAGE_EVENTS + 20);
    await revoke(3);
    const { feed } = await replicateRevocations(client());
    expect(stateOf(feed)).toEqual(stated());
  });

  it('is brought up to date', async () => {
    await revoke(2);
    const { feed } = await replicateRevocations(client());
    await revoke(2);
    await replicateRevocations(client(), feed);
    expect(stateOf(feed)).toEqual(stated());
  });
});

describe('a replica is not made of', () => {
  const code = async () =>
    replicateRevocations(client()).then(
      () => 'verified',
      (error) => error.code,
    );
  beforeEach(() => revoke(3));

  it.each<[string, (page: RevocationPage) => void]>([
    [
      'an event that was left out',
      (page) => {
        page.events.splice(1, 1);
        for (const [i, event] of page.events.entries()) event.position = i;
        page.next = page.events.length;
      },
    ],
    [
      'events in another order',
      (page) => {
        for (const [i, event] of page.events.reverse().entries()) event.position = i;
      },
    ],
    ['another payload', (page) => Object.assign(page.events[0]!, { payload: toBase64(Buffer.from('{}')) })],
    ['another index', (page) => Object.assign(page.events[0]!, { index: 2 })],
    ['another statement', (page) => Object.assign(page.events[0]!, { statement: 9 })],
    [
      'a statement that the log did not sign',
      (page) => {
        const { statements, events } = page;
        const items = events
          .slice(0, 1)
          .map(({ index }) => ({ index, leafHash: new Uint8Array(32), payloadSha256: new Uint8Array(32) }));
        const payload = feedStatement({ batchStart: 1, items, feed: { size: 1, root: new Uint8Array(32) } });
        Object.assign(statements[0]!, { payload: toBase64(payload) });
      },
    ],
    [
      'a signature that was changed',
      (page) => {
        const leaf = JSON.parse(Buffer.from(fromBase64(page.events[0]!.leaf)).toString());
        const { signature } = leaf.spec.hashedRekordV002;
        signature.content = toBase64(Buffer.from(fromBase64(signature.content)).reverse());
        page.events[0]!.leaf = toBase64(Buffer.from(JSON.stringify(leaf)));
      },
    ],
  ])('%s', async (_, change) => {
    lie = (page) => page.events.length > 0 && change(page);
    expect(await code()).toMatch(/^(proof_invalid|signature_invalid|answer_unexpected)$/);
  });

  it('fewer events than a statement names', async () => {
    lie = (page) => {
      page.events = page.events.slice(0, 2);
      page.next = Math.min(page.next, 2);
      if (page.from === 2) Object.assign(page, { events: [], next: 2, statements: [] });
    };
    expect(await code()).toBe('answer_unexpected');
  });

  it('what is no control statement, though the log says so', async () => {
    const made = envelope(statement(), [key]);
    const index = (await served.log.add({ envelope: made, publicKey: key.pem })).index;
    const leaf = toBase64(served.log.reader.entry(index).leaf);
    lie = (page) => page.events[0] && Object.assign(page.events[0], { leaf, payload: made.payload });
    expect(await code()).toBe('proof_invalid');
  });
});

describe('a follower', () => {
  /** The next time that the replica has grown. */
  async function grown(following: ReturnType<typeof followRevocations>) {
    for (;;) {
      const { value } = await following.next();
      if (value!.grown) return value!;
    }
  }

  it('has what was there, then what comes, and hears that the log is alive', async () => {
    await revoke(2);
    const following = followRevocations(client());
    const first = (await following.next()).value!;
    expect([first.grown, first.checkpoint.note]).toEqual([false, served.log.head().note]);
    expect(stateOf((await grown(following)).feed)).toEqual(stated());
    const next = grown(following);
    await revoke(1);
    const { feed, checkpoint } = await next;
    expect(stateOf(feed)).toEqual(stated());
    expect(checkpoint.size).toBe(served.log.head().size);
    await following.return(undefined);
  });

  it('comes back where the stream ended, and misses nothing', async () => {
    const following = followRevocations(client(), undefined, { retryDelay: 1 });
    await following.next();
    const next = grown(following);
    await revoke(1);
    await next;
    await following.return(undefined);
    const again = followRevocations(client(), (await next).feed, { retryDelay: 1 });
    await revoke(2);
    expect(stateOf((await grown(again)).feed)).toEqual(stated());
    expect(streams).toBe(2);
    await again.return(undefined);
  });

  it('ends by its signal', async () => {
    const stop = new AbortController();
    const following = followRevocations(client(), undefined, { signal: stop.signal });
    await following.next();
    const next = grown(following);
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});
