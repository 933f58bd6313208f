/**
 * A log in one thread, for tests: the writer, the verification, the look-up index and the database that a server runs,
 * without the threads between them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogError } from '../src/core/errors.ts';
import type { CertificatePolicy, SignerRules } from '../src/log/certificate-policy.ts';
import { chainMarks } from '../src/log/chain-marks.ts';
import { logFrozen } from '../src/log/frozen.ts';
import { LookupIndex } from '../src/log/index/lookup-index.ts';
import { lookupKey } from '../src/log/index/lookup-key.ts';
import { storedSegments } from '../src/log/index/stored-keys.ts';
import { Tail } from '../src/log/index/tail.ts';
import { asItemError, fromItemError, receiptOf } from '../src/log/item-error.ts';
import type {
  CertificateJudge,
  ItemError,
  ItemOutcome,
  Log,
  LogReader,
  PublishedHead,
  Receipt,
  SubmissionRequest,
  WriteState,
} from '../src/log/log.ts';
import type { NamedKeys } from '../src/log/named-keys.ts';
import type { LogRows } from '../src/log/ports.ts';
import { PublishedListeners } from '../src/log/published-listeners.ts';
import { VerifiedReader } from '../src/log/reader.ts';
import { RekorV1Signer } from '../src/log/rekor-v1-signer.ts';
import { refuseSecrets } from '../src/log/secrets/refuse-secrets.ts';
import { checkKeyFiles, openRekorV1Key } from '../src/log/service-keys.ts';
import { type EntryStamp, entryStamp } from '../src/log/timestamp/entry-stamp.ts';
import { libraryEncoder } from '../src/log/timestamp/timestamp-patterns.ts';
import { openTierReader, openTierWriter } from '../src/storage/sqlite/index-db.ts';
import { openLogRows } from '../src/storage/sqlite/log-rows.ts';
import { createLog } from '../src/threads/create-log.ts';
import type { WriterSettings } from '../src/threads/messages.ts';
import { packAnswers, packEntries, unpackAnswers, unpackEntries } from '../src/threads/packing.ts';
import { dataPaths } from '../src/threads/paths.ts';
import { loadTimestamping } from '../src/threads/timestamping.ts';
import { verifyWork } from '../src/threads/verify-work.ts';
import { Writer } from '../src/threads/writer.ts';

const INLINE_ORIGIN = 'log.example.org';

export interface InlineLogOptions {
  /** A folder that is kept; without it one that `close` deletes. Holds data and anchor. */
  folder?: string;
  origin?: string;
  /** Hex SHA-256 of the SPKI of signers that may write without being admitted otherwise. */
  listedKeys?: string[];
  /** Whose certificates are trusted. */
  certificates?: CertificatePolicy;
  /** As a server by default: payloads with credentials are refused. */
  refuseSecrets?: boolean;
  /** Milliseconds of the clock that entries are stamped by; without it none is. */
  stampedBy?: () => number;
  /** POSIX seconds, in place of this machine's time. */
  clock?: () => number;
}

/** Settings of a log in `folder`: data in `data`, the anchor beside it. */
export function inlineSettings(folder: string): WriterSettings {
  return {
    paths: dataPaths(join(folder, 'data')),
    anchor: join(folder, 'anchor'),
    origin: undefined,
    acceptHead: undefined,
    reserveBytes: 0,
    signerLimit: undefined,
  };
}

/** Creates a log, and opens it for writing. */
export async function createInlineLog(options: InlineLogOptions = {}): Promise<InlineLog> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'countersign-inline-'));
  const { paths, anchor } = inlineSettings(folder);
  await createLog(join(folder, 'data'), paths, options.origin ?? INLINE_ORIGIN, anchor, options.clock?.());
  const { stampedBy } = options;
  const timestamping = stampedBy && (await loadTimestamping(paths.keys, libraryEncoder, stampedBy));
  const stamp = timestamping && entryStamp(timestamping.stamping, stampedBy);
  return openInlineLog({ ...options, folder }, options.folder === undefined, stamp);
}

/** Opens the log that `folder` holds. */
export function openInlineLog(
  options: InlineLogOptions & { folder: string },
  temporary = false,
  stamp?: EntryStamp,
): InlineLog {
  return new InlineLog(options.folder, options, temporary, stamp);
}

interface Pending {
  outcomes: (ItemOutcome | undefined)[];
  missing: number;
  resolve(outcomes: ItemOutcome[]): void;
  reject(error: LogError): void;
}

export class InlineLog implements Log {
  readonly folder: string;
  readonly reader: LogReader;
  readonly namedKeys: NamedKeys;
  readonly rekorV1: RekorV1Signer | undefined;
  readonly stopped: Promise<ItemError>;
  /** Unverified, for tests that compare what is stored. */
  readonly rows: LogRows;
  readonly #writer: Writer;
  readonly #salt: Uint8Array;
  readonly certificates: CertificateJudge | undefined;
  readonly #signers: SignerRules;
  readonly #stamp: EntryStamp | undefined;
  readonly #refuseSecrets: boolean;
  readonly #closing: (() => void)[] = [];
  readonly #pending = new Map<number, Pending>();
  #head: PublishedHead;
  #state: WriteState = { accepting: true };
  #nextTicket = 0;
  readonly #listeners = new PublishedListeners();

  constructor(folder: string, options: InlineLogOptions, temporary: boolean, stamp: EntryStamp | undefined) {
    this.#stamp = stamp;
    this.#refuseSecrets = options.refuseSecrets ?? true;
    this.folder = folder;
    this.#signers = { listedKeys: new Set(options.listedKeys), certificates: options.certificates };
    const settings = inlineSettings(folder);
    const { paths } = settings;
    this.#writer = Writer.open(settings, options.clock);
    const { identity, head, frozen } = this.#writer.opened;
    this.#head = head;
    if (frozen) this.#state = { accepting: false, ...asItemError(logFrozen()) };

    const log = openLogRows(paths.log);
    this.rows = log.rows;
    const merger = openTierWriter(paths.index, { logId: identity.logId, logSize: head.size });
    for (const segment of storedSegments(log.rows, merger.salt, merger.merged(), head.size))
      while (merger.merge(segment));
    const tiers = openTierReader(paths.index);
    const tail = new Tail(head.size);
    const index = new LookupIndex(tiers, tail);
    this.#salt = tiers.salt;
    this.reader = new VerifiedReader(log.rows, identity, () => this.#head, {
      candidates: (term, before, limit) => index.candidates(lookupKey(this.#salt, term), before, limit),
    });

    const trusted = options.certificates?.trusted;
    this.certificates = trusted && {
      marks: async (entries) =>
        entries.map((entry) =>
          chainMarks({ ...entry, time: this.reader.checkpointCovering(entry.index).time }, trusted),
        ),
    };

    this.namedKeys = checkKeyFiles(this.rows, identity, paths.keys);
    const named = this.namedKeys['rekor-v1'];
    const rekorV1Key = named && openRekorV1Key(named, paths.keys);
    this.rekorV1 = rekorV1Key && new RekorV1Signer(identity.origin, rekorV1Key);

    let stop: (reason: ItemError) => void = () => {};
    this.stopped = new Promise((resolve) => {
      stop = resolve;
    });
    let merged = head.size;
    this.#writer.begin(this.#salt, {
      published: (newHead, indexed) => {
        this.#head = newHead;
        for (const { index: entry, keys, extra } of indexed) tail.append(entry, keys, extra);
        for (let segment = tail.sealed(merged); segment !== undefined; segment = tail.sealed(merged)) {
          merged = segment.end;
          while (merger.merge(segment));
          tail.drop(merged);
          this.#writer.merged(merged);
        }
        this.#listeners.tell(newHead);
      },
      answered: (answers) => {
        for (const { ticket, item, outcome } of unpackAnswers(packAnswers(answers, this.#head), this.#head))
          this.#arrive(ticket, item, outcome);
      },
      writeState: (state) => {
        if (!frozen) this.#state = state;
      },
      fatal: (error) => {
        this.#state = { accepting: false, code: 'halted', message: error.message, retryAfter: 60 };
        for (const { reject } of this.#pending.values()) reject(new LogError('halted', 'the log has stopped'));
        this.#pending.clear();
        stop(error);
      },
    });
    this.#closing.push(
      () => tiers.close(),
      () => merger.close(),
      () => log.close(),
      () => temporary && rmSync(folder, { recursive: true, force: true }),
    );
  }

  get identity(): Log['identity'] {
    return this.#writer.opened.identity;
  }

  get frozen(): boolean {
    return this.#writer.opened.frozen;
  }

  head(): PublishedHead {
    return this.#head;
  }

  onPublished(listener: (head: PublishedHead) => void): () => void {
    return this.#listeners.add(listener);
  }

  writeState(): WriteState {
    return this.#state;
  }

  submit({ format, body, admitted }: SubmissionRequest): Promise<ItemOutcome[]> {
    if (!this.#state.accepting) return Promise.reject(fromItemError(this.#state));
    const ticket = this.#nextTicket++;
    const settings = { salt: this.#salt, ...this.#signers, stamp: this.#stamp, refuseSecrets: this.#refuseSecrets };
    const { entries, report } = verifyWork([{ ticket, firstItem: 0, format, body, admitted }], settings);
    const [failed] = report.failed;
    if (failed !== undefined) return Promise.reject(fromItemError(failed.error));
    const missing = entries.length + report.refused.length;
    if (missing === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#pending.set(ticket, { outcomes: [], missing, resolve, reject });
      for (const { item, error } of report.refused) this.#arrive(ticket, item, { error });
      if (entries.length > 0) this.#writer.offer(unpackEntries(packEntries(entries)));
    });
  }

  async appendOwn(statement: Uint8Array): Promise<Receipt> {
    if (!this.#state.accepting) throw fromItemError(this.#state);
    if (this.#refuseSecrets) refuseSecrets(statement);
    const ticket = this.#nextTicket++;
    const outcomes = await new Promise<ItemOutcome[]>((resolve, reject) => {
      this.#pending.set(ticket, { outcomes: [], missing: 1, resolve, reject });
      this.#writer.state(ticket, statement);
    });
    return receiptOf(outcomes[0]);
  }

  /** One submission as JSON. @throws LogError what it was refused with */
  async add(submission: unknown): Promise<NonNullable<ItemOutcome['receipt']>> {
    const body = new Uint8Array(new TextEncoder().encode(JSON.stringify(submission)));
    const [outcome] = await this.submit({ format: 'json', body, admitted: true });
    if (outcome!.error !== undefined) throw fromItemError(outcome!.error);
    return outcome!.receipt!;
  }

  async close(): Promise<void> {
    await this.#writer.close();
    for (const close of this.#closing) close();
  }

  #arrive(ticket: number, item: number, outcome: ItemOutcome): void {
    const pending = this.#pending.get(ticket);
    if (pending === undefined) return;
    pending.outcomes[item] = outcome;
    pending.missing--;
    if (pending.missing > 0) return;
    this.#pending.delete(ticket);
    pending.resolve(pending.outcomes as ItemOutcome[]);
  }
}
