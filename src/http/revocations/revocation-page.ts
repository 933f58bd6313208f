/** Pages of the feed: what replicas are made of, on the wire, in streams and in webhooks alike. */
import { toBase64, toHex } from '../../core/bytes.ts';
import type { Log, LoggedControl } from '../../log/log.ts';

/** Control statements on a full page. A page that ends at a multiple of it never changes. */
export const PAGE_EVENTS = 100;

export interface RevocationPage {
  /** Position of the first event on the page. */
  from: number;
  /** Position after the last. */
  next: number;
  events: {
    position: number;
    index: number;
    leafHash: string;
    payloadSha256: string;
    statement: number;
    leaf: string;
    payloadType: string;
    payload: string;
  }[];
  /** The log's own statements that put these into effect. */
  statements: { index: number; leaf: string; payload: string }[];
}

/**
 * The page that begins at a position, up to the next multiple of `PAGE_EVENTS`; without events at the end of the feed.
 * @param from no larger than the feed
 */
export function revocationPage({ reader }: Pick<Log, 'reader'>, from: number): RevocationPage {
  const controls = reader.controlEvents(from, PAGE_EVENTS - (from % PAGE_EVENTS));
  const statements = [...new Set(controls.map(({ statement }) => statement))];
  return {
    from,
    next: from + controls.length,
    events: controls.map(eventJson),
    statements: statements.map((index) => {
      const { leaf, payload } = reader.entry(index);
      return { index, leaf: toBase64(leaf), payload: toBase64('bytes' in payload ? payload.bytes : new Uint8Array(0)) };
    }),
  };
}

/** True for a page that is the same for ever. */
export function isFull({ from, next }: RevocationPage): boolean {
  return next > from && next % PAGE_EVENTS === 0;
}

function eventJson({ position, statement, payloadSha256, entry }: LoggedControl): RevocationPage['events'][number] {
  const { index, leafHash, leaf, payload } = entry;
  const { bytes, type } = payload as Extract<typeof payload, { bytes: Uint8Array }>;
  return {
    ...{ position, index, leafHash: toHex(leafHash), payloadSha256: toHex(payloadSha256), statement },
    ...{ leaf: toBase64(leaf), payloadType: type, payload: toBase64(bytes) },
  };
}
