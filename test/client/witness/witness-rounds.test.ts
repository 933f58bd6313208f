import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WitnessedCheckpoint, WitnessRounds } from '../../../src/client/witness/witness-rounds.ts';
import { openUnderPolicy, parseWitnessPolicy } from '../../../src/core/witness-policy.ts';
import { fetchFrom, policyText, WitnessDouble } from '../../witness/witness-double.ts';
import { FakeLog } from '../fake-log.ts';

let rounds: WitnessRounds | undefined;
afterEach(() => rounds?.close());

/** A log with witnesses, of whom so many must cosign. */
function witnessed(threshold: number, { size = 5, timeout = 2_000, patience = 50 } = {}) {
  const log = new FakeLog().grow(size);
  const witnesses = [1, 2, 3].map((n) => new WitnessDouble(n, log.verifierKey));
  const policy = parseWitnessPolicy(policyText(log.verifierKey, witnesses, threshold));
  const seen: WitnessedCheckpoint[] = [];
  const listeners = new Set<() => void>();
  const waiting = new Set<() => void>();
  let head = log.stored.length;
  rounds = undefined;
  function begin(): void {
    rounds = new WitnessRounds({
      policy,
      log: {
        head: () => ({ size: head, note: log.checkpoint(head) }),
        consistencyProof: (first, second) => log.consistency(first, second),
        onPublished(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      fetch: fetchFrom(witnesses),
      interval: 1,
      patience,
      timeout,
      witnessed(checkpoint) {
        seen.push(checkpoint);
        for (const look of waiting) look();
      },
    });
  }
  return {
    log,
    witnesses,
    policy,
    seen,
    begin,
    publish(more = 1) {
      log.grow(more);
      head = log.stored.length;
      for (const listener of listeners) listener();
    },
    /** Waits until what was seen is so. */
    until(is: (checkpoint: WitnessedCheckpoint) => boolean): Promise<WitnessedCheckpoint> {
      return new Promise((resolve) => {
        const look = (): void => {
          const found = seen.find(is);
          if (found !== undefined) resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
    cosigners: ({ note }: WitnessedCheckpoint) =>
      openUnderPolicy(note, policy).cosignatures.map(({ witness }) => witness),
  };
}

describe('rounds of witnesses', () => {
  it('end with a checkpoint that satisfies the policy, and go on collecting', async () => {
    const scene = witnessed(2);
    scene.begin();
    await scene.until((one) => scene.cosigners(one).length === 3);
    expect(scene.seen.every(({ note }) => openUnderPolicy(note, scene.policy).quorumMet)).toBe(true);
    expect(scene.seen[0]!.size).toBe(5);
    expect(rounds!.health()).toMatchObject([1, 2, 3].map((n) => ({ name: `w${n}`, size: 5, failures: 0 })));
  });

  it('prove each checkpoint to extend the last', async () => {
    const scene = witnessed(3);
    scene.begin();
    await scene.until(({ size }) => size === 5);
    scene.publish(20);
    await scene.until(({ size }) => size === 25);
    expect(scene.witnesses.map(({ requests }) => requests)).toEqual([2, 2, 2]);
  });

  it('skip the sizes in between, with one request to each witness at a time', async () => {
    const scene = witnessed(3);
    scene.begin();
    for (let n = 0; n < 40; n++) scene.publish();
    await scene.until(({ size }) => size === 45);
    expect(scene.witnesses.map(({ mostAtOnce }) => mostAtOnce)).toEqual([1, 1, 1]);
    expect(scene.witnesses[0]!.requests).toBeLessThan(20);
  });

  it('ask witnesses that already have a checkpoint for the size that they have', async () => {
    const scene = witnessed(3);
    scene.begin();
    await scene.until(({ size }) => size === 5);
    await rounds!.close();
    scene.publish(3);
    scene.begin();
    await scene.until(({ size }) => size === 8);
    // From nothing, 409; then from what it said.
    expect(scene.witnesses.map(({ requests }) => requests)).toEqual([3, 3, 3]);
  });

  it('wait for the first entry', async () => {
    const scene = witnessed(2, { size: 0 });
    scene.begin();
    expect(rounds!.health().map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
    scene.publish();
    await scene.until(({ size }) => size === 1);
  });
});

describe('a witness that', () => {
  const cases: [string, (witness: WitnessDouble) => void, string][] = [
    [
      'cannot be reached',
      (w) => {
        w.misconduct = () => Promise.reject(new TypeError('connection refused'));
      },
      'cannot be reached',
    ],
    [
      'signs something else',
      (w) => {
        w.misconduct = async (honest) => {
          const line = await (await honest()).text();
          return new Response(`${line.slice(0, -12)}${line.at(-12) === 'A' ? 'B' : 'A'}${line.slice(-11)}`);
        };
      },
      'no cosignature of this checkpoint',
    ],
    [
      'answers with the cosignature of another',
      (w) => {
        w.misconduct = async () => new Response('\u2014 w9.example AAAAAAAAAAAAAAAA\n');
      },
      'no cosignature of this checkpoint',
    ],
    [
      'claims a size that the log does not have',
      (w) => {
        w.misconduct = async () => new Response('4000\n', { status: 409 });
      },
      'a size that the log does not have',
    ],
    [
      'names one size after another',
      (w) => {
        w.misconduct = async () => new Response(`${1 + (w.requests % 3)}\n`, { status: 409 });
      },
      'one size after another',
    ],
    [
      'answers with garbage',
      (w) => {
        w.misconduct = async () => new Response(Uint8Array.of(0xff, 0xfe));
      },
      'no cosignature of this checkpoint',
    ],
    [
      'answers with ten megabytes',
      (w) => {
        w.misconduct = async () => new Response(new Uint8Array(10_000_000));
      },
      'more than 65536 bytes',
    ],
    [
      'never answers',
      (w) => {
        w.misconduct = (_, signal) =>
          new Promise((__, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
      },
      'did not answer in time',
    ],
    [
      'says 422',
      (w) => {
        w.misconduct = async () => new Response('', { status: 422 });
      },
      'does not follow',
    ],
    [
      'says 409 and no size',
      (w) => {
        w.misconduct = async () => new Response('', { status: 409 });
      },
      'does not follow',
    ],
    [
      'is busy',
      (w) => {
        w.misconduct = async () => new Response('', { status: 429, headers: { 'retry-after': '7' } });
      },
      'busy',
    ],
    [
      'does not know the log',
      (w) => {
        w.misconduct = async () => new Response('', { status: 404 });
      },
      'status 404',
    ],
  ];

  it.each(cases)('%s keeps the others from nothing, and is left alone for a while', async (_, spoil, trouble) => {
    const scene = witnessed(2, { timeout: 50 });
    spoil(scene.witnesses[2]!);
    scene.begin();
    const found = await scene.until(({ size }) => size === 5);
    expect(scene.cosigners(found)).toEqual(['w1', 'w2']);
    await vi.waitFor(() => expect(rounds!.health()[2]!.trouble).toContain(trouble), { interval: 2 });
    expect(rounds!.health()[2]).toMatchObject({ state: 'resting', failures: 1 });
    const asked = scene.witnesses[2]!.requests;
    scene.publish();
    await scene.until(({ size }) => size === 6);
    expect(scene.witnesses[2]!.requests).toBe(asked);
  });

  it('comes back after its rest is asked again', async () => {
    const scene = witnessed(3);
    scene.witnesses[2]!.misconduct = async () => new Response('', { status: 500 });
    scene.begin();
    await vi.waitFor(() => expect(rounds!.health()[2]!.failures).toBe(1), { interval: 2 });
    scene.witnesses[2]!.misconduct = undefined;
    const found = await scene.until(({ size }) => size === 5);
    expect(scene.cosigners(found)).toEqual(['w1', 'w2', 'w3']);
    expect(rounds!.health()[2]).toMatchObject({ failures: 0, trouble: undefined });
  });

  it('is too few of them satisfies no policy', async () => {
    const scene = witnessed(2, { patience: 1 });
    for (const n of [1, 2]) scene.witnesses[n]!.misconduct = async () => new Response('', { status: 500 });
    scene.begin();
    await vi.waitFor(() => expect(rounds!.health().map(({ failures }) => failures)).toEqual([0, 1, 1]), {
      interval: 2,
    });
    scene.publish();
    await vi.waitFor(() => expect(rounds!.health()[0]!.size).toBe(6), { interval: 2 });
    expect(scene.seen).toEqual([]);
  });

  it('is slow still counts, and joins the newest round afterwards', async () => {
    const scene = witnessed(3, { patience: 1 });
    let release: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    scene.witnesses[2]!.misconduct = async (honest) => {
      await slow;
      return honest();
    };
    scene.begin();
    await vi.waitFor(() => expect(rounds!.health()[1]!.size).toBe(5), { interval: 2 });
    scene.publish(4);
    await vi.waitFor(() => expect(rounds!.health()[1]!.size).toBe(9), { interval: 2 });
    release();
    await scene.until(({ size }) => size === 9);
  });
});
