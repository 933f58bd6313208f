/** What a witness must remember, and how well. */
import type { Hash } from '../core/hash.ts';

/** The newest checkpoint of a log that was cosigned. */
export interface CosignedHead {
  size: number;
  /** 32 bytes. */
  root: Hash;
  /** POSIX seconds of the cosignature. */
  time: number;
  /** The checkpoint as the log signed it, with the witness's cosignature as its last line. */
  note: string;
}

/**
 * The memory of a witness. Losing it, or going back to an older state of it, lets a log show two histories: a store that
 * was restored from a copy must not be used again.
 */
export interface WitnessStore {
  /** Undefined where no checkpoint of the log was ever cosigned. */
  head(origin: string): CosignedHead | undefined;
  /**
   * Replaces the head of a log where it still is the one that was read, in one step and durably: when this returns
   * true, the next head survives a power cut. False, and nothing written, where it is another one.
   */
  replace(origin: string, previous: CosignedHead | undefined, next: CosignedHead): boolean;
}
