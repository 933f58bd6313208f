/**
 * Checks a whole log against itself: rebuilds the tree from the leaves, and compares tiles, checkpoints, payloads and
 * head with what comes out. Reads rows only, so it runs beside a server.
 */
import { equalBytes, toHex } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { HASH_LENGTH, type Hash } from '../core/hash.ts';
import { foldPeaks, peaks } from '../core/merkle.ts';
import { type CompletedTile, type Growth, TileEdge } from '../core/tile-edge.ts';
import { FeedAudit } from './feed-audit.ts';
import { type CheckedRange, type FsckProblem, type FsckRange, rangeChecker } from './fsck-range.ts';
import type { LogIdentity } from './identity.ts';
import { KEY_ROLES, namedKey } from './named-keys.ts';
import type { LogRows } from './ports.ts';
import { storedNoteCheck } from './stored-note.ts';

export interface FsckReport {
  size: number;
  root: Hash;
  entries: number;
  tiles: number;
  checkpoints: number;
  payloads: number;
  /** Control statements in effect. */
  controls: number;
  /** Empty where the log is sound; the first hundred otherwise. */
  problems: FsckProblem[];
}

export interface FsckOptions {
  /** Told the number of entries checked, now and then. */
  progress?: (checked: number, size: number) => void;
  /** Checks ranges elsewhere; here, one after another, where absent. */
  ranges?: RangeChecks;
}

/** Checks ranges, several at a time. */
export interface RangeChecks {
  /** How many are worth having under way at once. */
  concurrency: number;
  check(range: FsckRange): Promise<CheckedRange>;
}

/** Entries of a range; a multiple of a tile's. */
export const FSCK_RANGE = 1024;
const MAX_PROBLEMS = 100;

export async function fsck(rows: LogRows, identity: LogIdentity, options: FsckOptions = {}): Promise<FsckReport> {
  return new Fsck(rows, identity, options).run();
}

class Fsck {
  readonly #rows: LogRows;
  readonly #identity: LogIdentity;
  readonly #progress: NonNullable<FsckOptions['progress']>;
  readonly #ranges: RangeChecks;
  readonly #report: FsckReport;
  /** The rebuilt tree. */
  #edge = TileEdge.empty();
  #lastTime = 0;
  readonly #feed: FeedAudit;

  constructor(rows: LogRows, identity: LogIdentity, { progress = () => {}, ranges }: FsckOptions) {
    this.#rows = rows;
    this.#identity = identity;
    this.#progress = progress;
    const check = rangeChecker(rows, identity);
    this.#ranges = ranges ?? { concurrency: 1, check: async (range) => check(range) };
    this.#feed = new FeedAudit(rows, (at, message) => this.#problem(at, message));
    const { size, root } = rows.head();
    this.#report = { size, root, entries: 0, tiles: 0, checkpoints: 0, payloads: 0, controls: 0, problems: [] };
  }

  async run(): Promise<FsckReport> {
    const report = this.#report;
    for await (const { range, checked } of this.#inOrder()) {
      report.entries += checked.leafHashes.length / HASH_LENGTH;
      report.payloads += checked.payloads;
      for (const { at, message } of checked.problems) this.#problem(at, message);
      if (checked.leafHashes.length < HASH_LENGTH * (range.end - range.start)) return report;
      const growth = this.#edge.append(checked.leafHashes);
      for (const tile of growth.tiles) this.#tile(tile);
      this.#checkpoints(growth);
      this.#feed.add(checked);
      this.#edge = growth.edge;
      this.#progress(range.end, report.size);
      if (this.#tooMany()) return report;
    }
    report.controls = this.#feed.finish(report.size);
    this.#head();
    this.#namedKeys();
    return report;
  }

  /** Ranges as they follow each other, some of them checked ahead. */
  async *#inOrder(): AsyncGenerator<{ range: FsckRange; checked: CheckedRange }> {
    const { size } = this.#report;
    const ahead: { range: FsckRange; checked: Promise<CheckedRange> }[] = [];
    let start = 0;
    for (;;) {
      for (; start < size && ahead.length < this.#ranges.concurrency; start += FSCK_RANGE) {
        const range = { start, end: Math.min(start + FSCK_RANGE, size), size };
        const checked = this.#ranges.check(range);
        // What fails ahead of its turn is thrown when its turn comes.
        checked.catch(() => undefined);
        ahead.push({ range, checked });
      }
      const next = ahead.shift();
      if (next === undefined) return;
      yield { range: next.range, checked: await next.checked };
    }
  }

  #tile(tile: CompletedTile): void {
    const stored = this.#rows.tile(tile.level, tile.index);
    const root = this.#rows.tileRoots(tile.level, tile.index, tile.index + 1);
    const same = stored !== undefined && equalBytes(stored, tile.hashes) && equalBytes(root, tile.root);
    if (!same) this.#problem(`tile ${tile.level}/${tile.index}`, 'is not the one that the leaves give');
    this.#report.tiles++;
  }

  /** The roots and times of the checkpoints that cover the range's entries; their notes were checked with the range. */
  #checkpoints(growth: Growth): void {
    const [start, end] = [this.#edge.size, growth.edge.size];
    for (const { size, root, time } of this.#rows.checkpoints(start, end - start)) {
      if (size > end) break;
      this.#report.checkpoints++;
      const at = `checkpoint ${size}`;
      const rebuilt = foldPeaks(peaks(size).map((peak) => growth.node(peak)!));
      if (!equalBytes(root, rebuilt)) this.#problem(at, 'has another root than the leaves give');
      if (time < this.#lastTime) this.#problem(at, 'is older than the one before it');
      this.#lastTime = time;
    }
  }

  #head(): void {
    const { size, root } = this.#report;
    const rebuilt = this.#edge.root();
    if (!equalBytes(rebuilt, root)) {
      this.#problem('head', `the leaves give the root ${toHex(rebuilt)}, not ${toHex(root)}`);
    }
    if (size === 0) return;
    const head = this.#rows.head();
    try {
      storedNoteCheck(this.#identity)(head);
    } catch (error) {
      if (!isLogError(error, 'corrupt')) throw error;
      this.#problem('head', error.message);
    }
    if (this.#rows.checkpoint(size) === undefined) this.#problem('head', 'has no checkpoint of its own');
    if (this.#rows.entry(head.size) !== undefined && this.#rows.head().size === head.size) {
      this.#problem(`entry ${head.size}`, 'lies beyond the head');
    }
  }

  #namedKeys(): void {
    for (const role of KEY_ROLES) {
      try {
        namedKey(this.#rows, this.#identity, role);
      } catch (error) {
        // Genesis itself was checked with its range.
        if (!isLogError(error, 'corrupt')) continue;
        this.#problem(`${role} key`, error.message);
      }
    }
  }

  #problem(at: string, message: string): void {
    if (!this.#tooMany()) this.#report.problems.push({ at, message });
  }

  #tooMany(): boolean {
    return this.#report.problems.length >= MAX_PROBLEMS;
  }
}
