/**
 * The log as a server runs it: HTTP stays on this thread and never waits for a commit; signatures are checked on
 * workers, one per core; a writer thread commits; a merger keeps the index.
 */
import { Worker } from 'node:worker_threads';
import { isLogError, LogError } from '../core/errors.ts';
import type { LookupTerm } from '../entry/leaf/lookup.ts';
import type { CertificatePolicy } from '../log/certificate-policy.ts';
import { crashPoint } from '../log/crash-points.ts';
import { logFrozen } from '../log/frozen.ts';
import type { LogIdentity } from '../log/identity.ts';
import { asItemError, fromItemError, receiptOf } from '../log/item-error.ts';
import type {
  ItemError,
  ItemOutcome,
  Log,
  LogReader,
  PublishedHead,
  Receipt,
  SubmissionRequest,
  WriteState,
} from '../log/log.ts';
import type { NamedKeys } from '../log/named-keys.ts';
import { PublishedListeners } from '../log/published-listeners.ts';
import { VerifiedReader } from '../log/reader.ts';
import { RekorV1Signer } from '../log/rekor-v1-signer.ts';
import { refuseSecrets } from '../log/secrets/refuse-secrets.ts';
import { checkKeyFiles, openRekorV1Key } from '../log/service-keys.ts';
import type { TimestampAuthority } from '../log/timestamp/timestamp-authority.ts';
import { openLogRows } from '../storage/sqlite/log-rows.ts';
import { ChainJudge } from './chain-judge.ts';
import { cutLines } from './lines.ts';
import { LiveIndex } from './live-index.ts';
import type { FromVerifier, FromWriter, Opened, ToWriter, WorkItem, WriterSettings } from './messages.ts';
import { unpackAnswers, unpackIndexed } from './packing.ts';
import { TimestampEncoderThread } from './timestamp-encoder.ts';
import { loadTimestamping, type Timestamping } from './timestamping.ts';
import { Verifiers } from './verifiers.ts';

export interface ThreadedLogOptions extends WriterSettings {
  /** Hex SHA-256 of the SPKI of signers that may write without being admitted otherwise. */
  listedKeys: string[];
  /** Whose certificates are trusted, and what follows; undefined where no CA is. */
  certificates: CertificatePolicy | undefined;
  /** Run a timestamp authority, and stamp the entries that have a certificate. */
  timestampAuthority: boolean;
  /** Refuse payloads that hold what looks like a credential. */
  refuseSecrets: boolean;
}

/** Submissions under way at once; beyond it, writes answer 503. */
const POOL_ITEMS = 16_384;
const POOL_BYTES = 256 * 1024 * 1024;
const MAX_BATCH_ITEMS = 1000;
/** Lines of a batch that one worker gets at a time. */
const LINES_PER_WORK = 64;

/** A request whose outcomes are still coming in. */
interface Pending {
  outcomes: (ItemOutcome | undefined)[];
  /** Undefined until the worker has counted the items of a msgpack batch. */
  expected: number | undefined;
  arrived: number;
  bytes: number;
  /** Items that the pool was charged for. */
  charged: number;
  resolve(outcomes: ItemOutcome[]): void;
  reject(error: LogError): void;
}

export class ThreadedLog implements Log {
  readonly identity: LogIdentity;
  readonly namedKeys: NamedKeys;
  readonly rekorV1: RekorV1Signer | undefined;
  readonly reader: LogReader;
  readonly certificates: ChainJudge | undefined;
  readonly opened: Opened;
  readonly timestampAuthority: TimestampAuthority | undefined;
  readonly stopped: Promise<ItemError>;
  /**
   * Resolves when the index covers the log and writes are taken, or refused for good; never for a log that serves reads
   * only.
   */
  readonly writable: Promise<void>;
  readonly #writer: Worker;
  readonly #writerEnded: Promise<void>;
  readonly #options: ThreadedLogOptions;
  readonly #closeRows: () => void;
  readonly #index: LiveIndex;
  readonly #timestamping: Timestamping | undefined;
  readonly #certificatePolicy: CertificatePolicy | undefined;
  #verifiers: Verifiers | undefined;
  /** Moves only forward, on the writer's word. */
  #head: PublishedHead;
  #writeState: WriteState;
  readonly #listeners = new PublishedListeners();
  #stop: (reason: ItemError) => void = () => {};
  /** True once the machine has stopped by itself. */
  #halted = false;
  readonly #pending = new Map<number, Pending>();
  #nextTicket = 0;
  #pooledItems = 0;
  #pooledBytes = 0;

  /** Starts the writer, which checks the log. @throws LogError with the reason not to start */
  static async open(options: ThreadedLogOptions): Promise<ThreadedLog> {
    const settings: WriterSettings = {
      paths: options.paths,
      anchor: options.anchor,
      origin: options.origin,
      acceptHead: options.acceptHead,
      reserveBytes: options.reserveBytes,
      signerLimit: options.signerLimit,
    };
    // Beside the writer's checks, which take longer.
    const loading = options.timestampAuthority ? loadTimestamping(options.paths.keys, inThread) : undefined;
    loading?.catch(() => undefined);
    const writer = new Worker(new URL('./writer-thread.js', import.meta.url), { workerData: settings });
    const [first] = await new Promise<[FromWriter]>((resolve, reject) => {
      writer.once('message', resolve);
      writer.once('error', reject);
    });
    if (!('opened' in first)) {
      await writer.terminate();
      throw 'refused' in first
        ? fromItemError(first.refused)
        : new LogError('internal', 'the writer began out of turn');
    }
    try {
      const timestamping = await loading;
      return new ThreadedLog(options, writer, first.opened, timestamping);
    } catch (error) {
      writer.postMessage({ close: true } satisfies ToWriter);
      await new Promise((resolve) => writer.once('exit', resolve));
      throw error;
    }
  }

  private constructor(
    options: ThreadedLogOptions,
    writer: Worker,
    opened: Opened,
    timestamping: Timestamping | undefined,
  ) {
    this.#options = options;
    this.#writer = writer;
    this.opened = opened;
    this.identity = opened.identity;
    this.#head = opened.head;
    this.#timestamping = timestamping;
    timestamping?.clock.raise(opened.head.time);
    this.timestampAuthority = timestamping?.authority(() => this.#assertTime());
    this.#writeState = notAccepting(
      (opened.frozen ? undefined : opened.readsOnly) ?? {
        code: 'index_rebuilding',
        message: 'the index is being brought up to date',
        retryAfter: 1,
      },
    );
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
    const { rows, close } = openLogRows(options.paths.log);
    this.#closeRows = close;
    const lookup = {
      candidates: (term: LookupTerm, before: number, limit: number) => this.#index.candidates(term, before, limit),
    };
    this.reader = new VerifiedReader(rows, this.identity, () => this.#head, lookup);
    this.#certificatePolicy = options.certificates && trustingStamps(options.certificates, timestamping);
    this.certificates = this.#certificatePolicy && new ChainJudge(this.#certificatePolicy.trusted, this.reader);
    // Before there is anything to close but the writer.
    this.namedKeys = checkKeyFiles(rows, this.identity, options.paths.keys);
    const named = this.namedKeys['rekor-v1'];
    const rekorV1Key = named && openRekorV1Key(named, options.paths.keys);
    this.rekorV1 = rekorV1Key && new RekorV1Signer(this.identity.origin, rekorV1Key);
    this.#index = new LiveIndex(options.paths, opened.identity.logId, {
      merged: (through) => this.#tell({ merged: through }),
      failed: (error) => this.#halt(asItemError(error)),
    });
    writer.on('message', (messages: FromWriter[]) => {
      for (const message of messages) this.#hear(message);
    });
    writer.on('error', (error) => this.#halt(asItemError(error)));
    this.#writerEnded = new Promise((resolve) => writer.once('exit', () => resolve()));
    this.writable = this.#begin();
    this.writable.catch((error) => {
      // Closed before the index was there: asked for, and no failure.
      if (!isLogError(error, 'interrupted')) this.#halt(asItemError(error));
    });
  }

  get frozen(): boolean {
    return this.opened.frozen;
  }

  head(): PublishedHead {
    return this.#head;
  }

  onPublished(listener: (head: PublishedHead) => void): () => void {
    return this.#listeners.add(listener);
  }

  writeState(): WriteState {
    if (this.#writeState.accepting && this.#index.full) {
      return { accepting: false, code: 'index_rebuilding', message: 'the index is too far behind', retryAfter: 1 };
    }
    return this.#writeState;
  }

  async submit(request: SubmissionRequest): Promise<ItemOutcome[]> {
    this.#assertAccepting();
    const ticket = this.#nextTicket++;
    const work = workOf(request, ticket);
    const expected = request.format === 'msgpack' ? undefined : work.reduce((sum, { items }) => sum + items, 0);
    if (expected === 0) return [];
    return this.#pool(ticket, expected, request.body.length, () =>
      this.#verifiers!.submit(work.map(({ item }) => item)),
    );
  }

  async appendOwn(statement: Uint8Array): Promise<Receipt> {
    this.#assertAccepting();
    if (this.#options.refuseSecrets) refuseSecrets(statement);
    const ticket = this.#nextTicket++;
    const [outcome] = await this.#pool(ticket, 1, statement.length, () => this.#tell({ state: { ticket, statement } }));
    return receiptOf(outcome);
  }

  #assertAccepting(): void {
    const state = this.writeState();
    if (!state.accepting) throw fromItemError(state);
  }

  /** @param send hands the work on, once there is room for it */
  #pool(ticket: number, expected: number | undefined, bytes: number, send: () => void): Promise<ItemOutcome[]> {
    const charged = expected ?? MAX_BATCH_ITEMS;
    if (this.#pooledItems + charged > POOL_ITEMS || this.#pooledBytes + bytes > POOL_BYTES) {
      throw new LogError('pool_full', 'too many submissions are under way', { retryAfter: 1 });
    }
    this.#pooledItems += charged;
    this.#pooledBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#pending.set(ticket, { outcomes: [], expected, arrived: 0, bytes, charged, resolve, reject });
      send();
    });
  }

  /** A log that signs no heads for want of a time, or for want of knowing its own state, tells nobody the time. */
  #assertTime(): void {
    const state = this.#writeState;
    if (state.accepting || !['clock_regressed', 'reads_only', 'halted'].includes(state.code)) return;
    throw fromItemError(state);
  }

  async close(): Promise<void> {
    if (this.#halted) {
      await this.#writer.terminate();
    } else {
      this.#writeState = notAccepting({ code: 'halted', message: 'the log is being stopped', retryAfter: 5 });
      await this.#drained();
      this.#tell({ close: true });
      await this.#writerEnded;
    }
    await this.#verifiers?.close();
    await this.certificates?.close();
    await this.#index.close();
    this.#closeRows();
  }

  async #begin(): Promise<void> {
    const salt = await this.#index.begin(this.#head.size);
    if (this.frozen) {
      if (this.opened.readsOnly === undefined) this.#tell({ begin: { salt } });
      this.#writeState = { accepting: false, ...asItemError(logFrozen()) };
      return;
    }
    if (this.opened.readsOnly !== undefined) return new Promise(() => {});
    const settings = {
      salt,
      listedKeys: this.#options.listedKeys,
      certificates: this.#certificatePolicy,
      stamping: this.#timestamping?.stamping,
      refuseSecrets: this.#options.refuseSecrets,
    };
    const verifiers = new Verifiers(settings, {
      report: (report) => this.#hearVerifier(report),
      failed: (error) => this.#halt(asItemError(error)),
    });
    this.#verifiers = verifiers;
    for (const port of verifiers.writerPorts)
      this.#writer.postMessage({ entriesFrom: port } satisfies ToWriter, [port]);
    this.#tell({ begin: { salt } });
    this.#writeState = { accepting: true };
  }

  #tell(message: ToWriter): void {
    this.#writer.postMessage(message);
  }

  #hear(message: FromWriter): void {
    if ('published' in message) {
      this.#head = message.published;
      this.#timestamping?.clock.raise(message.published.time);
      this.#index.append(unpackIndexed(message.indexed));
      this.#listeners.tell(message.published);
      crashPoint('published');
    } else if ('answered' in message) {
      for (const { ticket, item, outcome } of unpackAnswers(message.answered, this.#head))
        this.#arrive(ticket, item, outcome);
      setImmediate(() => crashPoint('acknowledged'));
    } else if ('writeState' in message) {
      // A frozen log that cannot stamp its head is frozen all the same.
      if (!this.frozen) this.#writeState = message.writeState;
    } else if ('indexDamaged' in message) {
      this.#index.invalidate();
    } else if ('fatal' in message) {
      this.#halt(message.fatal);
    }
  }

  #hearVerifier({ refused, counted, failed }: FromVerifier): void {
    for (const { ticket, error } of failed) {
      const pending = this.#pending.get(ticket);
      this.#release(ticket);
      pending?.reject(fromItemError(error));
    }
    for (const { ticket, items } of counted) {
      const pending = this.#pending.get(ticket);
      if (pending === undefined) continue;
      pending.expected = items;
      this.#finish(ticket, pending);
    }
    for (const { ticket, item, error } of refused) this.#arrive(ticket, item, { error });
  }

  #arrive(ticket: number, item: number, outcome: ItemOutcome): void {
    const pending = this.#pending.get(ticket);
    if (pending === undefined) return;
    pending.outcomes[item] = outcome;
    pending.arrived++;
    this.#finish(ticket, pending);
  }

  #finish(ticket: number, pending: Pending): void {
    if (pending.arrived !== pending.expected) return;
    this.#release(ticket);
    pending.resolve(pending.outcomes as ItemOutcome[]);
  }

  #release(ticket: number): void {
    const pending = this.#pending.get(ticket);
    if (pending === undefined) return;
    this.#pending.delete(ticket);
    this.#pooledItems -= pending.charged;
    this.#pooledBytes -= pending.bytes;
    if (this.#pending.size === 0) this.#onDrained();
  }

  #onDrained: () => void = () => {};

  async #drained(): Promise<void> {
    if (this.#pending.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
  }

  /** Nothing is known any more of what is under way: everyone is told so, and the process is to exit. */
  #halt(reason: ItemError): void {
    this.#halted = true;
    this.#writeState = notAccepting({ code: 'halted', message: 'the log has stopped', retryAfter: 5 });
    for (const [ticket, { reject }] of [...this.#pending]) {
      this.#release(ticket);
      reject(
        new LogError('halted', 'the log stopped before it could answer; send the submission again', { retryAfter: 5 }),
      );
    }
    this.#stop(reason);
  }
}

function inThread(chain: Uint8Array[]): TimestampEncoderThread {
  return new TimestampEncoderThread(chain);
}

/** The log's own stamps prove a time too: a bundle that carries one may be submitted again when its certificate is over. */
function trustingStamps(policy: CertificatePolicy, timestamping: Timestamping | undefined): CertificatePolicy {
  if (timestamping === undefined) return policy;
  const timestampAuthorities = [...policy.trusted.timestampAuthorities, timestamping.trusted];
  return { ...policy, trusted: { ...policy.trusted, timestampAuthorities } };
}

function notAccepting({ code, message, retryAfter }: ItemError): WriteState {
  return { accepting: false, code, message, retryAfter: retryAfter ?? 60 };
}

/** Cuts a request into pieces for the workers. A msgpack batch stays whole: cutting it would mean parsing it. */
function workOf({ format, body, admitted }: SubmissionRequest, ticket: number): { item: WorkItem; items: number }[] {
  if (format !== 'ndjson') return [{ item: { ticket, firstItem: 0, format, body, admitted }, items: 1 }];
  return cutLines(body, LINES_PER_WORK, MAX_BATCH_ITEMS).map(({ firstLine, lines, bytes }) => ({
    item: { ticket, firstItem: firstLine, format, body: bytes, admitted },
    items: lines,
  }));
}
