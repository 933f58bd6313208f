/** What the threads say to each other. Entries, keys and answers travel packed (`packing.ts`). */
import type { MessagePort } from 'node:worker_threads';
import type { TrustedCertificates } from '../entry/trust/chain-trust.ts';
import type { ChainMark } from '../entry/x509/certificate.ts';
import type { CertificatePolicy } from '../log/certificate-policy.ts';
import type { StoredSignatures } from '../log/chain-marks.ts';
import type { LogIdentity } from '../log/identity.ts';
import type { ItemError, PublishedHead, SubmissionRequest, WriteState } from '../log/log.ts';
import type { SignerLimitSettings } from '../log/signer-limit.ts';
import type { StampSettings } from '../log/timestamp/entry-stamp.ts';
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
  /** It has ended by a statement of its own. */
  frozen: boolean;
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
  /** To be signed, logged and answered as an entry of this ticket. */
  | { state: { ticket: number; statement: Uint8Array } }
  | { close: true };

/** What a writer has to say. All of one turn goes as one message: a list of these, in their order. */
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

export interface VerifierSetUp {
  /** Of the look-up index. */
  salt: Uint8Array;
  writer: MessagePort;
  listedKeys: string[];
  /** Undefined where no CA is trusted. */
  certificates: CertificatePolicy | undefined;
  /** Undefined where entries are not stamped. */
  stamping: StampSettings | undefined;
  refuseSecrets: boolean;
  /** One number, shared: the worker adds what it is done with, so that the main thread need not be told. */
  done: Int32Array<SharedArrayBuffer>;
}

export type ToVerifier = { setUp: VerifierSetUp } | { work: WorkItem[] };

/** Sent only where there is something to say. */
export type FromVerifier = {
  refused: { ticket: number; item: number; error: ItemError }[];
  /** Number of submissions found in a request whose number nobody knew. */
  counted: { ticket: number; items: number }[];
  /** Requests that cannot be answered item by item. */
  failed: { ticket: number; error: ItemError }[];
};

/** What the thread that judges stored certificates is given when it starts. */
export interface ChainThreadSettings {
  trusted: TrustedCertificates;
}

export interface ToChainThread {
  question: number;
  entries: StoredSignatures[];
}

/** `marks`: for each entry, one for each signature of its leaf. */
export type FromChainThread = { question: number } & ({ marks: ChainMark[][] } | { error: ItemError });
