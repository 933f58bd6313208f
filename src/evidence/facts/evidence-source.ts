/** Where evidence is looked up. Everything that a source answers is as of one tree size, and complete for it. */
import type { LookupKind } from '../../entry/leaf/lookup.ts';
import type { Evidence } from './evidence.ts';

/** What else must hold of entries that are looked for. */
export interface Narrowing {
  /** Only entries below this index. */
  readonly before?: number;
  /** Only statements of this predicate type. */
  readonly predicateType?: string;
}

export interface EvidenceSource {
  readonly origin: string;
  readonly treeSize: number;
  /** Hex. */
  readonly rootHash: string;
  /** POSIX seconds of the newest stamp of this head: the log's clock. */
  readonly time: number;
  /** Names of witnesses whose cosignatures of this head were verified; absent where nobody looked. */
  readonly witnesses?: readonly string[];
  /**
   * Entries that match, oldest first.
   * @throws LogError limit_exceeded where there are more than `limit`: an answer is complete or none;
   *   index_rebuilding
   */
  find(term: { kind: LookupKind; value: string }, limit: number, narrowing?: Narrowing): Promise<readonly Evidence[]>;
  /** The newest entries that match, at most `limit`, newest first. @throws LogError index_rebuilding */
  newest(term: { kind: LookupKind; value: string }, limit: number, narrowing?: Narrowing): Promise<readonly Evidence[]>;
}
