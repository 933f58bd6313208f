/**
 * Checks a whole log against itself: rebuilds the tree from the leaves, and compares tiles, checkpoints, payloads and
 * head with what comes out. Reads rows only, so it runs beside a server.
 */
import { equalBytes, toHex } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { isLogError } from '../core/errors.ts';
import { type Hash, leafHash, sha256 } from '../core/hash.ts';
import { TileEdge } from '../core/tile-edge.ts';
import { type LeafContent, parseLeaf } from '../entry/leaf.ts';
import { leafBindsPayload } from '../entry/payload-binding.ts';
import type { LogIdentity } from './identity.ts';
import type { StoredCheckpoint } from './log.ts';
import { arrivedAsStated } from './payload-arrival.ts';
import type { EntryRow, LogRows } from './ports.ts';
import { type StoredNoteCheck, storedNoteCheck } from './stored-note.ts';

export interface FsckProblem {
  /** What is wrong: `entry 12`, `tile 0/3`, `checkpoint 40`, `head`. */
  at: string;
  message: string;
}

export interface FsckReport {
  size: number;
  root: Hash;
  entries: number;
  tiles: number;
  checkpoints: number;
  payloads: number;
  /** Empty where the log is sound; the first hundred otherwise. */
  problems: FsckProblem[];
}

const RANGE = 1024;
const MAX_PROBLEMS = 100;

/** @param progress told the number of entries checked, now and then */
export function fsck(
  rows: LogRows,
  identity: LogIdentity,
  progress: (checked: number, size: number) => void = () => {},
): FsckReport {
  return new Fsck(rows, identity).run(progress);
}

class Fsck {
  readonly #rows: LogRows;
  readonly #checkNote: StoredNoteCheck;
  readonly #report: FsckReport;
  /** The rebuilt tree: the edge for tiles, the compact range for the root at every checkpoint. */
  readonly #edge = TileEdge.empty();
  readonly #range = CompactRange.empty();
  /** Checkpoints from the next one on, fetched in pages. */
  #checkpoints: StoredCheckpoint[] = [];
  #lastTime = 0;

  constructor(rows: LogRows, identity: LogIdentity) {
    this.#rows = rows;
    this.#checkNote = storedNoteCheck(identity);
    const { size, root } = rows.head();
    this.#report = { size, root, entries: 0, tiles: 0, checkpoints: 0, payloads: 0, problems: [] };
  }

  run(progress: (checked: number, size: number) => void): FsckReport {
    const report = this.#report;
    for (let start = 0; start < report.size && !this.#tooMany(); start += RANGE) {
      const end = Math.min(start + RANGE, report.size);
      const entries = this.#rows.entries(start, end);
      const gap = entries.findIndex((row, i) => row.index !== start + i);
      if (gap >= 0 || entries.length !== end - start) {
        this.#problem(`entry ${start + (gap >= 0 ? gap : entries.length)}`, 'is missing');
        return report;
      }
      for (const row of entries) this.#entry(row);
      progress(end, report.size);
    }
    this.#head();
    return report;
  }

  #entry(row: EntryRow): void {
    const at = `entry ${row.index}`;
    const hash = leafHash(row.leaf);
    if (!equalBytes(hash, row.leafHash)) this.#problem(at, 'the leaf does not give its stored hash');
    this.#report.entries++;
    this.#payload(row);
    for (const tile of this.#edge.append([hash])) {
      const stored = this.#rows.tile(tile.level, tile.index);
      const [root] = this.#rows.tileRoots(tile.level, tile.index, tile.index + 1);
      const same =
        stored !== undefined && root !== undefined && equalBytes(stored, tile.hashes) && equalBytes(root, tile.root);
      if (!same) this.#problem(`tile ${tile.level}/${tile.index}`, 'is not the one that the leaves give');
      this.#report.tiles++;
    }
    this.#edge.forgetCompleted();
    this.#range.append(hash);
    this.#checkpoint(row.index + 1);
  }

  #payload(row: EntryRow): void {
    let leaf: LeafContent;
    try {
      leaf = parseLeaf(row.leaf);
    } catch {
      this.#problem(`entry ${row.index}`, 'the leaf is not a known kind of entry');
      return;
    }
    const payload = this.#rows.payload(row.index);
    if (payload === undefined) return;
    this.#report.payloads++;
    if (!equalBytes(sha256(payload.bytes), payload.sha256) || !leafBindsPayload(leaf, payload)) {
      this.#problem(`payload ${row.index}`, 'is not the one that was signed');
    }
    // A server that runs meanwhile may have attached it just now.
    const beyond = payload.countsFrom >= this.#report.size && payload.countsFrom >= this.#rows.head().size;
    if (beyond) this.#problem(`payload ${row.index}`, 'counts from beyond the head');
    else if (!arrivedAsStated(this.#rows, payload)) {
      this.#problem(`payload ${row.index}`, 'counts from an index at which no statement attaches it');
    }
  }

  #checkpoint(size: number): void {
    if (this.#checkpoints.length === 0) this.#checkpoints = this.#rows.checkpoints(size - 1, RANGE);
    const [checkpoint] = this.#checkpoints;
    if (checkpoint?.size !== size) return;
    this.#checkpoints.shift();
    this.#report.checkpoints++;
    const at = `checkpoint ${size}`;
    if (!equalBytes(checkpoint.root, this.#range.root())) this.#problem(at, 'has another root than the leaves give');
    this.#note(at, checkpoint);
    if (checkpoint.time < this.#lastTime) this.#problem(at, 'is older than the one before it');
    this.#lastTime = checkpoint.time;
  }

  #note(at: string, row: StoredCheckpoint): void {
    try {
      this.#checkNote(row);
    } catch (error) {
      if (!isLogError(error, 'corrupt')) throw error;
      this.#problem(at, error.message);
    }
  }

  #head(): void {
    const { size, root } = this.#report;
    if (!equalBytes(this.#range.root(), root)) {
      this.#problem('head', `the leaves give the root ${toHex(this.#range.root())}, not ${toHex(root)}`);
    }
    if (size === 0) return;
    const head = this.#rows.head();
    this.#note('head', head);
    if (this.#rows.checkpoint(size) === undefined) this.#problem('head', 'has no checkpoint of its own');
    if (this.#rows.entry(head.size) !== undefined && this.#rows.head().size === head.size) {
      this.#problem(`entry ${head.size}`, 'lies beyond the head');
    }
  }

  #problem(at: string, message: string): void {
    if (!this.#tooMany()) this.#report.problems.push({ at, message });
  }

  #tooMany(): boolean {
    return this.#report.problems.length >= MAX_PROBLEMS;
  }
}
