/** What a log keeps beside its leaves, page by page: with the tiles it is all that a copy of the log needs. */
import { toBase64, toHex } from '../../core/bytes.ts';
import type { Log, StoredEntry } from '../../log/log.ts';

/** Entries that a page reaches over at most; it ends at a multiple of it. Divides the width of an entry bundle. */
export const MIRROR_PAGE_ENTRIES = 64;
/** Bytes that are read for a page at most, and one entry more; it then ends early. */
export const MIRROR_PAGE_BYTES = 4 * 1024 * 1024;

/** Of one entry; bytes are base64. */
export interface MirrorEntry {
  index: number;
  payload?: { type: string; bytes: string; countsFrom: number };
  /** Index of the tombstone, and hex SHA-256 of what it erased. */
  erased?: { by: number; sha256: string };
  /** Oldest first. */
  companions?: string[];
}

export interface MirrorPage {
  from: number;
  /** Where the next page begins. */
  next: number;
  /** Of [from, next), ascending: those that have anything beside their leaf. */
  entries: MirrorEntry[];
  /** Signed notes as they were first signed for sizes above `from`, up to `next`, ascending. */
  checkpoints: string[];
}

/** @param from up to the published size, where the page is empty */
export function mirrorPage({ reader }: Pick<Log, 'reader'>, from: number, size: number): MirrorPage {
  const end = Math.min(size, from + MIRROR_PAGE_ENTRIES - (from % MIRROR_PAGE_ENTRIES));
  const entries: MirrorEntry[] = [];
  let bytes = 0;
  let next = from;
  for (; next < end && bytes < MIRROR_PAGE_BYTES; next++) {
    const entry = reader.entry(next);
    bytes += entry.leaf.length + ('bytes' in entry.payload ? entry.payload.bytes.length : 0);
    for (const companion of entry.companions) bytes += companion.length;
    if (entry.payload.status !== 'absent' || entry.companions.length > 0) entries.push(mirrorEntry(entry));
  }
  const checkpoints = next === from ? [] : reader.checkpoints(from, next - from).filter((one) => one.size <= next);
  return { from, next, entries, checkpoints: checkpoints.map(({ note }) => note) };
}

function mirrorEntry({ index, payload, companions }: StoredEntry): MirrorEntry {
  return {
    index,
    ...('bytes' in payload && {
      payload: { type: payload.type, bytes: toBase64(payload.bytes), countsFrom: payload.countsFrom },
    }),
    ...(payload.status === 'erased' && { erased: { by: payload.erasedAt, sha256: toHex(payload.sha256) } }),
    ...(companions.length > 0 && { companions: companions.map(toBase64) }),
  };
}
