import { beforeEach, describe, expect, it } from 'vitest';
import { formatAddCheckpoint } from '../../src/core/add-checkpoint.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { cosignatureVerifier, cosigner, openCosignature } from '../../src/core/cosignature.ts';
import { ed25519PublicKey } from '../../src/core/ed25519.ts';
import { convict, type MisbehaviourEvidence } from '../../src/core/misbehaviour.ts';
import { verifierOf } from '../../src/core/note.ts';
import { readWatchedLogs } from '../../src/witness/watched-log.ts';
import { Witness, type WitnessAnswer } from '../../src/witness/witness.ts';
import { FakeLog } from '../client/fake-log.ts';
import { MemoryStore } from './memory-store.ts';

const SEED = new Uint8Array(32).fill(7);
const NAME = 'witness.example';
const verifier = cosignatureVerifier(NAME, ed25519PublicKey(SEED));

const log = new FakeLog().grow(20);
let now: number;
let store: MemoryStore;
let evidence: MisbehaviourEvidence[];
let witness: Witness;

beforeEach(() => {
  now = 1_700_000_100;
  store = new MemoryStore();
  evidence = [];
  witness = new Witness({
    logs: readWatchedLogs([log.verifierKey], verifierOf),
    cosigner: cosigner(NAME, SEED),
    store,
    clock: () => now,
    misbehaved: (found) => evidence.push(found),
  });
});

/** Asks for the checkpoint of a size, with the proof that belongs there. */
function ask(
  old: number,
  size: number,
  of = log,
  change: Partial<{ proof: Uint8Array[]; note: string }> = {},
): WitnessAnswer {
  const proof = old === 0 || old >= size ? [] : of.consistency(old, size);
  return witness.addCheckpoint(utf8(formatAddCheckpoint({ old, proof, note: of.checkpoint(size), ...change })));
}

describe('a witness', () => {
  it('cosigns the first checkpoint that it sees, and each that extends the last', () => {
    for (const [old, size] of [
      [0, 3],
      [3, 4],
      [4, 20],
    ] as const) {
      const answer = ask(old, size);
      expect(answer).toMatchObject({ status: 200, line: expect.stringMatching(/^\u2014 witness\.example \S+\n$/) });
      const note = `${log.checkpoint(size)}${(answer as { line: string }).line}`;
      expect(openCosignature(note, verifier)).toEqual({ time: now });
    }
    expect(evidence).toEqual([]);
  });

  it('cosigns the same checkpoint again at a later time', () => {
    ask(0, 3);
    now += 60;
    expect(ask(3, 3)).toMatchObject({ status: 200 });
    expect(store.head(log.origin)).toMatchObject({ size: 3, time: now });
  });

  it('cosigns the empty tree', () => {
    expect(ask(0, 0)).toMatchObject({ status: 200 });
    expect(ask(0, 5)).toMatchObject({ status: 200 });
  });

  it('shows the log’s signature and its own, and no others', () => {
    ask(0, 3);
    const shown = witness.cosigned(log.origin)!;
    expect(shown.startsWith(log.checkpoint(3).slice(0, log.checkpoint(3).indexOf('\n\n')))).toBe(true);
    expect(openCosignature(shown, verifier)).toEqual({ time: now });
    expect(shown.split('\n\n')[1]!.trimEnd().split('\n')).toHaveLength(2);
  });

  it('forgets nothing where the head has moved meanwhile', () => {
    const replace = store.replace.bind(store);
    store.replace = (origin, previous, next) => {
      replace(origin, previous, { ...next, size: 9, root: log.root(9) });
      return false;
    };
    expect(ask(0, 3)).toEqual({ status: 409, size: 9 });
  });
});

describe('the statuses, in the order of their checks', () => {
  const other = new FakeLog('other.example').grow(5);
  const fork = log.fork(2);
  const stranger = new FakeLog('log.example', new Uint8Array(32).fill(9)).grow(20);
  const emptyWithRoot = log.checkpoint(0).replace(/\n0\n[^\n]*/, `\n0\n${'A'.repeat(43)}=`);

  it.each<[string, number, () => WitnessAnswer]>([
    ['400 a request that cannot be read', 400, () => witness.addCheckpoint(utf8('old x\n\n'))],
    [
      '403 a signature that cannot be read',
      403,
      () => ask(3, 5, log, { note: log.checkpoint(5).replace(/.\n$/, '\n') }),
    ],
    ['400 a note that cannot be read', 400, () => ask(3, 5, log, { note: 'log.example\n5\n' })],
    ['404 an unknown log, before its signature', 404, () => ask(3, 5, other)],
    ['403 no signature of the log', 403, () => ask(3, 5, stranger)],
    [
      '403 a signature that does not verify',
      403,
      () => ask(3, 5, log, { note: log.checkpoint(5).replace('\n5\n', '\n6\n') }),
    ],
    ['400 an old size above the size, before the stored one', 400, () => ask(5, 4)],
    ['409 another size than the stored one', 409, () => ask(2, 5)],
    ['409 from nothing, though something is stored', 409, () => ask(0, 5)],
    ['409 an older view', 409, () => ask(1, 2)],
    ['422 no proof', 422, () => ask(3, 5, log, { proof: [] })],
    ['422 a proof of something else', 422, () => ask(3, 5, log, { proof: log.consistency(3, 7) })],
    ['422 another root for the same size', 422, () => ask(3, 3, fork)],
    ['422 a proof between equal sizes', 422, () => ask(3, 3, log, { proof: [log.root(1)] })],
    ['422 a fork', 422, () => ask(3, 5, fork)],
  ])('%s', (_, status, request) => {
    ask(0, 3);
    const before = store.head(log.origin);
    expect(request()).toMatchObject({ status });
    expect(store.head(log.origin)).toBe(before);
  });

  it('422 a proof from nothing', () => {
    expect(ask(0, 5, log, { proof: [log.root(1)] })).toMatchObject({ status: 422 });
  });

  it('403 a bad signature, before the root of an empty tree', () => {
    expect(ask(0, 0, log, { note: emptyWithRoot })).toMatchObject({ status: 403 });
  });

  it('422 an empty tree with a root', () => {
    expect(ask(0, 0, log, { note: log.signed(`log.example\n0\n${'A'.repeat(43)}=\n`) })).toMatchObject({ status: 422 });
  });

  it('400 a signed text that is no checkpoint', () => {
    expect(ask(0, 0, log, { note: log.signed('log.example\nfive\n') })).toMatchObject({ status: 400 });
  });

  it('409 says the size that it has', () => {
    ask(0, 3);
    expect(ask(1, 5)).toEqual({ status: 409, size: 3 });
    expect(ask(3, 5)).toMatchObject({ status: 200 });
  });

  it('503 while its clock is behind', () => {
    ask(0, 3);
    now -= 1;
    expect(ask(3, 5)).toMatchObject({ status: 503 });
  });
});

describe('a log that shows two histories', () => {
  const fork = log.fork(2).grow(10);

  it('is convicted by two roots of one size, whatever old size the request names', () => {
    ask(0, 3);
    expect(ask(1, 3, fork)).toMatchObject({ status: 409 });
    expect(evidence.map((found) => convict(found, log.verifierKey).kind)).toEqual(['two-roots']);
  });

  it('is convicted by its own proof', () => {
    ask(0, 3);
    expect(ask(3, 5, fork)).toMatchObject({ status: 422 });
    expect(evidence.map((found) => convict(found, log.verifierKey))).toMatchObject([
      { kind: 'inconsistent', otherRoot: fork.root(3) },
    ]);
  });

  it('is not convicted by a proof that leads nowhere', () => {
    ask(0, 3);
    expect(ask(3, 5, log, { proof: fork.consistency(3, 5) })).toMatchObject({ status: 422 });
    expect(evidence).toEqual([]);
  });
});

describe('the keys of a log', () => {
  it('are of one log where the origin is the same', () => {
    const second = new FakeLog('log.example', new Uint8Array(32).fill(9));
    const logs = readWatchedLogs([log.verifierKey, second.verifierKey], verifierOf);
    expect([...logs.values()]).toMatchObject([{ origin: 'log.example', verifierKeys: { length: 2 } }]);
  });

  it('can have another name than the log', () => {
    expect([...readWatchedLogs([`a log of another name ${log.verifierKey}`], verifierOf).keys()]).toEqual([
      'a log of another name',
    ]);
  });

  it('are given once', () => {
    expect(() => readWatchedLogs([log.verifierKey, log.verifierKey], verifierOf)).toThrow('twice');
  });
});
