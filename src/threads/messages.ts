/**
 * What the threads say to each other. Entries and answers travel as one packed buffer a message, transferred and not
 * copied: cloning thousands of small objects would cost more than checking their signatures.
 */
import type { MessagePort } from 'node:worker_threads';
import { Packr } from 'msgpackr';
import type { LogIdentity } from '../log/identity.ts';
import type { ItemError, PublishedHead, SubmissionRequest, WriteState } from '../log/log.ts';
import type { IndexedKeys, LoggableEntry } from '../log/planner.ts';
import type { Answer } from '../log/sequencer.ts';
import type { SignerLimitSettings, SubmittedEntry } from '../log/signer-limit.ts';
import type { DataPaths } from './paths.ts';

/** How a writer thread is to open its log. */
export interface WriterSettings {
  paths: DataPaths;
  /** File of the anchor; the default one where absent. */
  anchor: string | undefined;
  /** The origin that the operator expects, if he says. */
  origin: string | undefined;
  /** The head as the operator states it, to start without an anchor. */
  acceptHead: { size: number; root: Uint8Array } | undefined;
  /** Free bytes below which writes pause. */
  reserveBytes: number;
  /** Undefined: signers are not limited. */
  signerLimit: SignerLimitSettings | undefined;
}

/** What a writer knows once its log is open and checked. */
export interface Opened {
  identity: LogIdentity;
  head: PublishedHead;
  /** Set where the log serves reads only, with the reason. */
  readsOnly: ItemError | undefined;
  anchor: string;
  warnings: string[];
}

export type ToWriter =
  /** The index covers every entry up to the head: writing may begin. */
  | { begin: { salt: Uint8Array } }
  /** Keys of entries below this are in the tiers. */
  | { merged: number }
  /** Entries arrive through this port, packed. */
  | { entriesFrom: MessagePort }
  | { close: true };

export type FromWriter =
  | { opened: Opened }
  | { refused: ItemError }
  | { published: PublishedHead; indexed: Uint8Array }
  | { answered: Uint8Array }
  | { writeState: WriteState }
  /** The writer read nonsense from `index.db`; a `fatal` follows, and the next start must build it anew. */
  | { indexDamaged: true }
  | { fatal: ItemError }
  | { closed: true };

/** A piece of a request: all of it, or some lines of a batch. */
export interface WorkItem {
  ticket: number;
  /** Position of its first submission in the request. */
  firstItem: number;
  format: SubmissionRequest['format'];
  body: Uint8Array<ArrayBuffer>;
  admitted: boolean;
}

export type ToVerifier =
  | { setUp: { salt: Uint8Array; writer: MessagePort; listedKeys: string[] } }
  | { work: WorkItem[] };

export type FromVerifier = {
  /** Work items that are done with. */
  done: number;
  refused: { ticket: number; item: number; error: ItemError }[];
  /** Number of submissions found in a request whose number nobody knew. */
  counted: { ticket: number; items: number }[];
  /** Requests that cannot be answered item by item. */
  failed: { ticket: number; error: ItemError }[];
};

const packr = new Packr({ useRecords: false });

/** Packs into a buffer of its own, which may be transferred. */
function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return Uint8Array.prototype.slice.call(packr.pack(value)) as Uint8Array<ArrayBuffer>;
}

type PackedEntry = [
  ticket: number,
  item: number,
  leaf: Uint8Array,
  leafHash: Uint8Array,
  companion: Uint8Array | null,
  keys: number[],
  payload: Uint8Array | null,
  payloadType: string | null,
  payloadSha256: Uint8Array | null,
  signers: Uint8Array[],
];

export function packEntries(entries: SubmittedEntry[]): Uint8Array<ArrayBuffer> {
  return pack(
    entries.map(
      ({ ticket, item, signers, entry: { leaf, leafHash, companion, keys, payload } }): PackedEntry => [
        ticket,
        item,
        leaf,
        leafHash,
        companion ?? null,
        keys,
        payload?.bytes ?? null,
        payload?.type ?? null,
        payload?.sha256 ?? null,
        signers,
      ],
    ),
  );
}

export function unpackEntries(packed: Uint8Array): SubmittedEntry[] {
  return (packr.unpack(packed) as PackedEntry[]).map((row) => {
    const [ticket, item, leaf, leafHash, companion, keys, bytes, type, sha256, signers] = row;
    const payload = bytes === null ? undefined : { bytes, type: type!, sha256: sha256! };
    // The tree's edge keeps leaf hashes long after the batch: each must not hold on to a whole message.
    const ownHash = new Uint8Array(leafHash);
    const entry: LoggableEntry = { leaf, leafHash: ownHash, payload, companion: companion ?? undefined, keys };
    return { ticket, item, signers, entry };
  });
}

export function packAnswers(answers: Answer[]): Uint8Array<ArrayBuffer> {
  return pack(answers);
}

export function unpackAnswers(packed: Uint8Array): Answer[] {
  return packr.unpack(packed) as Answer[];
}

export function packIndexed(indexed: IndexedKeys[]): Uint8Array<ArrayBuffer> {
  return pack(indexed);
}

export function unpackIndexed(packed: Uint8Array): IndexedKeys[] {
  return packr.unpack(packed) as IndexedKeys[];
}
