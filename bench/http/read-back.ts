/** Reads proofs, tiles and entries back from the log that a run has filled, and verifies every one of them. */
import { LogClient } from '../../src/client/log-client.ts';
import type { VerifiedCheckpoint } from '../../src/client/log-key.ts';
import { TileClient } from '../../src/client/tile-client.ts';
import { equalBytes } from '../../src/core/bytes.ts';
import { entriesPath, TILE_WIDTH, tilePath, tilesOf } from '../../src/core/tile.ts';
import type { Row, Section } from '../report.ts';
import type { LoadTarget } from './load.ts';
import { type Reading, readPaths, replay } from './reading.ts';

export interface ReadBackPlan {
  /** Inclusion proofs. */
  inclusions: number;
  /** Earlier checkpoints that the newest must extend. */
  checkpoints: number;
  /** Entry bundles, of up to 256 entries each, and as many tiles of leaf hashes. */
  bundles: number;
}

interface ReadBack {
  what: string;
  reading: Reading;
  verified: number;
  fault: string | undefined;
}

/** No answer is asked for again: that would hide a fault. */
const ONCE = { retry: { attempts: 1 } };

export async function measureReadBack(target: LoadTarget, plan: ReadBackPlan): Promise<Section> {
  const head = await new LogClient({ ...target, ...ONCE }).checkpoint();
  const readings = [
    await readInclusions(target, head, plan.inclusions),
    await readConsistency(target, head, plan.checkpoints),
    await readTiles(target, head, plan.bundles),
    await readEntries(target, head, plan.bundles),
  ];
  const rows = readings.map(({ what, reading, verified, fault }): Row => {
    const { answers, seconds, latency, bytes } = reading;
    return {
      what,
      read: answers.size,
      'read/s': answers.size / seconds,
      'MB/s': bytes / seconds / 1e6,
      'p50 ms': latency.p50,
      'p99 ms': latency.p99,
      verified,
      bad: fault === undefined ? 0 : 1,
    };
  });
  const faults = readings.flatMap(({ what, fault }) => (fault === undefined ? [] : [`bad ${what}: ${fault}`]));
  if (faults.length > 0) process.exitCode = 1;
  const notes = [
    `From the log as the runs left it, ${head.size.toLocaleString('en')} entries. verified: by the client, against the ` +
      'newest checkpoint; tiles of leaf hashes by the proofs that are made of them, entries one by one.',
    ...faults,
  ];
  return { name: 'http-read', title: 'End to end, read back: proofs, tiles and entries', rows, notes };
}

function readInclusions(target: LoadTarget, head: VerifiedCheckpoint, count: number): Promise<ReadBack> {
  const indexes = spread(count, head.size);
  const paths = indexes.map((index) => `v1/proofs/inclusion?index=${index}&size=${head.size}`);
  return readBack(target, 'inclusion proofs', paths, async (options, verify) => {
    const client = new LogClient(options);
    for (const index of indexes) {
      const { rootHash } = await client.inclusionProof({ index }, { size: head.size });
      if (!equalBytes(rootHash, head.root)) throw new Error('the proof leads to another root');
      verify();
    }
  });
}

async function readConsistency(target: LoadTarget, head: VerifiedCheckpoint, count: number): Promise<ReadBack> {
  const { key } = new TileClient({ ...target, ...ONCE });
  const pages = await readPaths(
    target.url,
    spread(count, head.size).map((after) => `v1/checkpoints?after=${after}&limit=1`),
  );
  const notes = new Set<string>();
  for (const { body } of pages.answers.values()) {
    const { checkpoints } = JSON.parse(body.toString()) as { checkpoints: { checkpoint: string }[] };
    for (const { checkpoint } of checkpoints) notes.add(checkpoint);
  }
  const earlier = [...notes].map((note) => key.open(note)).filter(({ size }) => size < head.size);
  const paths = earlier.map(({ size }) => `v1/proofs/consistency?first=${size}&second=${head.size}`);
  return readBack(target, 'consistency proofs', paths, async (options, verify) => {
    const client = new LogClient(options);
    for (const first of earlier) {
      await client.consistencyProof(first, head);
      verify();
    }
  });
}

/** All tiles of the higher levels, and some of the leaf hashes, each verified by a proof that is made of it. */
function readTiles(target: LoadTarget, head: VerifiedCheckpoint, count: number): Promise<ReadBack> {
  const full = Math.floor(head.size / TILE_WIDTH);
  const chosen = new Set(spread(count, full));
  const isRead = (level: number, index: number) => level > 0 || index === full || chosen.has(index);
  const paths = [...tilesOf(head.size)].filter(({ level, index }) => isRead(level, index)).map(tilePath);
  return readBack(target, 'tiles', paths, async (options, verify) => {
    const client = new TileClient(options);
    for (const index of chosen) {
      // The proof of a tile's first leaf is made of every other hash of the tile.
      await client.inclusionProof(index * TILE_WIDTH, head);
      verify();
    }
  });
}

async function readEntries(target: LoadTarget, head: VerifiedCheckpoint, count: number): Promise<ReadBack> {
  const bundles = spread(count, Math.ceil(head.size / TILE_WIDTH));
  const width = (bundle: number) => Math.min(TILE_WIDTH, head.size - bundle * TILE_WIDTH);
  const paths = bundles.map((bundle) => entriesPath(bundle, width(bundle)));
  // What proves the bundles; not timed.
  const needed = [...tilesOf(head.size)].filter(({ level, width }) => level > 0 || width < TILE_WIDTH);
  const tiles = await readPaths(target.url, needed.map(tilePath));
  const verifyAll: Verifying = async (options, verify) => {
    const client = new TileClient(options);
    for (const bundle of bundles) {
      const start = bundle * TILE_WIDTH;
      for await (const _ of client.leaves(start, start + width(bundle), head)) verify();
    }
  };
  return readBack(target, 'entry bundles', paths, verifyAll, tiles);
}

type Verifying = (
  options: LoadTarget & typeof ONCE & { fetch: typeof fetch },
  /** Called for each thing that verifies. */
  verify: () => void,
) => Promise<void>;

async function readBack(
  target: LoadTarget,
  what: string,
  paths: string[],
  verifyAll: Verifying,
  more?: Reading,
): Promise<ReadBack> {
  const reading = await readPaths(target.url, paths);
  const answers = new Map([...reading.answers, ...(more?.answers ?? [])]);
  let verified = 0;
  let fault: string | undefined;
  try {
    await verifyAll({ ...target, ...ONCE, fetch: replay(answers) }, () => {
      verified++;
    });
  } catch (error) {
    fault = (error as Error).message;
  }
  return { what, reading, verified, fault };
}

/** Up to this many different whole numbers below `end`, evenly spread, the first and the last among them. */
function spread(count: number, end: number): number[] {
  const step = Math.max(1, (end - 1) / Math.max(1, count - 1));
  const numbers = Array.from({ length: Math.min(count, end) }, (_, i) => Math.min(end - 1, Math.round(i * step)));
  return [...new Set(numbers)];
}
