/**
 * A log's HTTP API. What these methods return has been verified against the log's key, unless the name says
 * `Unverified`.
 */
import { decodeUtf8, equalBytes, toHex, utf8 } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { Hash } from '../core/hash.ts';
import { MAX_NOTE_LENGTH } from '../core/note.ts';
import { verifyConsistency, verifyInclusion } from '../core/proof.ts';
import type { SignatureChecks } from '../entry/keys/signature-checks.ts';
import { portableChecks } from '../entry/submission/portable-signatures.ts';
import { prepareSubmission } from '../entry/submission/submission.ts';
import { type VerifiedBundle, verifyBundle } from '../entry/verification/verify-bundle.ts';
import {
  readHash,
  readHashes,
  readInclusion,
  readJson,
  readList,
  readNumber,
  readObject,
  readReceipt,
  readString,
  unexpected,
} from './answer.ts';
import { batchesOf, readBatchAnswer } from './batch.ts';
import { type StatedEntry, type VerifiedEntry, verifyEntry } from './entry.ts';
import { LogKey, proofInvalid, type TreeHead, type VerifiedCheckpoint } from './log-key.ts';
import { type VerifiedInclusion, type VerifiedReceipt, verifyReceipt } from './receipt.ts';
import { type RequestOptions, Transport, type TransportAnswer, type TransportOptions } from './transport.ts';

export interface LogClientOptions extends TransportOptions {
  /**
   * C2SP verifier key of the log. Without it, the key that the log itself names is used: then all answers are proved
   * to be of one log, but not of the log you mean.
   */
  verifierKey?: string | undefined;
  /** C2SP verifier key of the log's time key; checkpoints without a good time are then refused. */
  timeVerifierKey?: string | undefined;
  /** First line of the log's checkpoints; the name of its key where it is not given. */
  origin?: string | undefined;
  /** How signatures of submissions are checked. Default: portable code. */
  checks?: SignatureChecks;
}

/** How one submission of a batch ended. */
export type AddOutcome = { receipt: VerifiedReceipt; error?: never } | { receipt?: never; error: LogError };

/** All given terms must match. */
export interface FindQuery {
  /** `<algorithm>:<hex>` */
  subject?: string;
  leafHash?: string;
  identity?: string;
  issuer?: string;
  /** `<name>=<value>` of a Fulcio certificate. */
  fact?: string;
  signer?: string;
  predicateType?: string;
  payload?: string;
  /** What the statement claims: the run of a build, its repository, its builder, what went in, the package. */
  invocation?: string;
  repository?: string;
  builder?: string;
  /** `<algorithm>:<digest>`, or a URI. */
  dependency?: string;
  /** Package URL. */
  package?: string;
  /** Only entries below this index. */
  before?: number;
}

/** An entry that is proved to be in the log at this size. */
export interface FoundEntry {
  index: number;
  leafHash: Hash;
  /** What the answer covers. That no match was left out, only the log itself can say. */
  head: TreeHead;
  /** What the log's index says of the entry; `entry(index)` verifies it. */
  statedUnverified: StatedEntry;
}

const SMALL_ANSWER = 4 * 1024 * 1024;
const LARGE_ANSWER = 64 * 1024 * 1024;

export class LogClient {
  readonly #transport: Transport;
  readonly #options: LogClientOptions;
  readonly #checks: SignatureChecks;
  /** Asked for once where no key was given; owned here. */
  #key: Promise<LogKey> | undefined;

  /** @throws LogError usage, malformed_key, unsupported_key */
  constructor(options: LogClientOptions) {
    this.#transport = new Transport(options);
    this.#options = options;
    this.#checks = options.checks ?? portableChecks;
    if (options.verifierKey !== undefined) {
      this.#key = Promise.resolve(new LogKey({ ...options, verifierKey: options.verifierKey }));
    }
  }

  /**
   * Submits an entry: an envelope, a bundle, or a signature over an artifact, as `POST /v1/entries` takes it. Its
   * signatures are checked here before anything is sent. Submitting twice yields the same entry.
   * @throws LogError what is wrong with the submission; proof_invalid and checkpoint_unverified where the log's
   *   acknowledgement is worth nothing
   */
  async add(submission: unknown, options: RequestOptions = {}): Promise<VerifiedReceipt> {
    const { leafHash } = prepareSubmission(submission, this.#checks);
    const { body } = await this.#transport.request('v1/entries', {
      ...options,
      method: 'POST',
      body: bytesOf(JSON.stringify(submission)),
      contentType: 'application/json',
      limit: SMALL_ANSWER,
    });
    return verifyReceipt(readReceipt(readJson(body)), leafHash, await this.#logKey(options));
  }

  /**
   * Submits many entries, in as few requests as the log's limits allow. One bad submission does not stop the others.
   * @returns as many outcomes as submissions, in their order; a request that failed as a whole is the outcome of each
   *   submission in it
   * @throws the signal's reason where it was aborted
   */
  async addBatch(submissions: readonly unknown[], options: RequestOptions = {}): Promise<AddOutcome[]> {
    const outcomes = new Array<AddOutcome>(submissions.length);
    const items: { position: number; line: string; leafHash: Hash }[] = [];
    for (const [position, submission] of submissions.entries()) {
      try {
        const { leafHash } = prepareSubmission(submission, this.#checks);
        items.push({ position, line: JSON.stringify(submission), leafHash });
      } catch (error) {
        outcomes[position] = { error: asLogError(error) };
      }
    }
    for (const batch of batchesOf(items)) {
      try {
        const { body } = await this.#transport.request('v1/entries:batch', {
          ...options,
          method: 'POST',
          body: bytesOf(batch.map(({ line }) => `${line}\n`).join('')),
          contentType: 'application/x-ndjson',
          limit: LARGE_ANSWER,
        });
        const key = await this.#logKey(options);
        for (const [i, stated] of readBatchAnswer(body, batch.length).entries()) {
          const { position, leafHash } = batch[i]!;
          outcomes[position] = settle(() => verifyReceipt(stated(), leafHash, key));
        }
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason;
        for (const { position } of batch) outcomes[position] ??= { error: asLogError(error) };
      }
    }
    return outcomes;
  }

  /** The newest checkpoint. @throws LogError malformed_checkpoint; checkpoint_unverified */
  async checkpoint(options: RequestOptions = {}): Promise<VerifiedCheckpoint> {
    const { body } = await this.#transport.request('checkpoint', { ...options, limit: MAX_NOTE_LENGTH });
    return (await this.#logKey(options)).open(decodeUtf8(body) ?? '');
  }

  /**
   * The newest checkpoint that satisfies the log's own witness policy, as the log says; `openWithQuorum` judges that.
   * @throws LogError not_found where there is none yet, not_enabled where the log asks no witnesses; as `checkpoint`
   */
  async witnessedCheckpoint(options: RequestOptions = {}): Promise<VerifiedCheckpoint> {
    const { body } = await this.#transport.request('v1/checkpoints/witnessed', { ...options, limit: MAX_NOTE_LENGTH });
    return (await this.#logKey(options)).open(decodeUtf8(body) ?? '');
  }

  /**
   * The proof that an entry is in the log, under the size that is asked for or the published one.
   * @throws LogError not_found, not_yet_published; proof_invalid; checkpoint_unverified
   */
  async inclusionProof(
    entry: { index: number } | { leafHash: Hash },
    { size, ...options }: RequestOptions & { size?: number | undefined } = {},
  ): Promise<VerifiedInclusion> {
    const query = new URLSearchParams();
    if ('index' in entry) query.set('index', String(entry.index));
    else query.set('leafHash', toHex(entry.leafHash));
    if (size !== undefined) query.set('size', String(size));
    const answer = readObject(await this.#json(`v1/proofs/inclusion?${query}`, options), 'the answer');
    const proof = readInclusion(answer.inclusionProof);
    const leafHash = readHash(answer, 'leafHash');
    if ('index' in entry && proof.index !== entry.index) throw proofInvalid('the proof is for another index');
    if ('leafHash' in entry && !equalBytes(leafHash, entry.leafHash))
      throw proofInvalid('the proof is for another leaf');
    if (size !== undefined && proof.treeSize !== size) throw proofInvalid('the proof is for another tree size');
    verifyInclusion({ index: proof.index, size: proof.treeSize, leafHash, root: proof.rootHash, proof: proof.hashes });
    const note = answer.checkpoint === undefined ? undefined : readString(answer, 'checkpoint');
    const head = { size: proof.treeSize, root: proof.rootHash };
    const checkpoint = await this.#trace(head, note, options);
    return { ...proof, leafHash, checkpoint, exact: checkpoint.size === head.size };
  }

  /**
   * The proof that one tree extends another.
   * @throws LogError proof_invalid, also where it does not
   */
  async consistencyProof(first: TreeHead, second: TreeHead, options: RequestOptions = {}): Promise<Hash[]> {
    const path = `v1/proofs/consistency?first=${first.size}&second=${second.size}`;
    const answer = readObject(await this.#json(path, options), 'the answer');
    const stated = readObject(answer.consistencyProof, 'consistencyProof');
    if (readNumber(stated, 'first') !== first.size || readNumber(stated, 'second') !== second.size) {
      throw proofInvalid('the proof is for other sizes');
    }
    const proof = readHashes(stated, 'hashes');
    verifyConsistency({
      first: first.size,
      second: second.size,
      firstRoot: first.root,
      secondRoot: second.root,
      proof,
    });
    return proof;
  }

  /** The root of the tree at a size, proved to be part of the log. @throws LogError as `inclusionProof` */
  async head(size: number, options: RequestOptions = {}): Promise<TreeHead & { checkpoint: VerifiedCheckpoint }> {
    if (size < 1) throw new LogError('usage', 'there is no proof for the empty tree');
    const { rootHash, checkpoint } = await this.inclusionProof({ index: size - 1 }, { ...options, size });
    return { size, root: rootHash, checkpoint };
  }

  /**
   * An entry: its leaf, proved to be in the log, and its payload where the log has it, proved to be the one that was
   * signed.
   * @param size of the tree that it is proved to be in; the published one if none is given
   */
  async entry(index: number, options: RequestOptions & { size?: number } = {}): Promise<VerifiedEntry> {
    return (await this.entryAsStated(index, options)).entry;
  }

  /** An entry, proved in the tree of a size, with what the log's index says of it, as it came. */
  async entryAsStated(
    index: number,
    options: RequestOptions & { size?: number } = {},
  ): Promise<{ stated: StatedEntry; entry: VerifiedEntry }> {
    const stated = readObject(await this.#json(`v1/entries/${index}`, options), 'the entry');
    const inclusion = await this.inclusionProof({ index }, options);
    const payload = async () => (await this.#get(`v1/entries/${index}/payload`, options)).body;
    return { stated, entry: await verifyEntry(stated, inclusion, payload) };
  }

  /**
   * An entry's Sigstore bundle, and what it proves. Its signatures verify; who ought to have signed is not asked.
   * @throws LogError as `verifyBundle`
   */
  async bundle(index: number, options: RequestOptions = {}): Promise<{ bundle: unknown; verified: VerifiedBundle }> {
    const bundle = await this.#json(`v1/entries/${index}/bundle`, options);
    const { verifier, origin, timeVerifier } = await this.#logKey(options);
    const verified = verifyBundle(bundle, {
      logVerifier: verifier,
      origin,
      ...(timeVerifier && { timeVerifier }),
      signer: 'any',
      checks: this.#checks,
    });
    if (verified.index !== index) throw proofInvalid('the bundle is of another entry');
    return { bundle, verified };
  }

  /**
   * Has the log decide on an artifact, and log what it decided.
   * @param question as `POST /v1/gate` takes it
   * @returns the entry, as `bundle` does; what it says is the log's word, and for the caller to read
   * @throws LogError unauthorized and whatever else keeps a write from being made; as `bundle`
   */
  async logDecision(question: object, options: RequestOptions = {}): ReturnType<LogClient['bundle']> {
    const { body } = await this.#transport.request('v1/gate', {
      ...options,
      method: 'POST',
      body: bytesOf(JSON.stringify({ ...question, log: true })),
      contentType: 'application/json',
      limit: SMALL_ANSWER,
    });
    const { receipt } = readObject(readObject(readJson(body), 'the answer').logged, 'logged');
    return this.bundle(readNumber(readObject(receipt, 'the receipt'), 'index'), options);
  }

  /**
   * The checkpoint that first covered an entry, so the time at which it was in the log. That there was none before it,
   * only the log itself can say.
   * @throws LogError not_yet_published; checkpoint_unverified
   */
  async checkpointCovering(index: number, options: RequestOptions = {}): Promise<VerifiedCheckpoint> {
    const page = readObject(await this.#json(`v1/checkpoints?after=${index}&limit=1`, options), 'the answer');
    const [first] = readList(page, 'checkpoints');
    if (first === undefined) throw new LogError('not_yet_published', 'no checkpoint covers the entry yet');
    const note = readString(readObject(first, 'a checkpoint'), 'checkpoint');
    const checkpoint = (await this.#logKey(options)).open(note);
    if (checkpoint.size <= index) throw unexpected('the checkpoint does not cover the entry');
    return checkpoint;
  }

  /** Entries that match, newest first, each proved to be in the log at the size that the answer covers. */
  async *find(query: FindQuery, options: RequestOptions = {}): AsyncGenerator<FoundEntry> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
    let head: TreeHead | undefined;
    let before = query.before ?? Number.POSITIVE_INFINITY;
    for (;;) {
      const page = readObject(await this.#json(`v1/entries?${parameters}`, options), 'the answer');
      const stated = { size: readNumber(page, 'treeSize'), root: readHash(page, 'rootHash') };
      if (head === undefined) {
        head = stated;
        await this.#trace(head, undefined, options);
      } else if (stated.size !== head.size || !equalBytes(stated.root, head.root)) {
        throw unexpected('one page covers another tree than the page before');
      }
      for (const item of readList(page, 'entries')) {
        const entry = readObject(item, 'an entry');
        const index = readNumber(entry, 'index');
        if (index >= before) throw unexpected('the entries are not in order');
        before = index;
        const { leafHash } = await this.#proveWithin(index, readHash(entry, 'leafHash'), head, options);
        yield { index, leafHash, head, statedUnverified: entry };
      }
      if (page.next === undefined || page.next === null) return;
      parameters.set('cursor', readString(page, 'next'));
    }
  }

  /** How signatures are checked. */
  get checks(): SignatureChecks {
    return this.#checks;
  }

  /** A checkpoint that came some other way. @throws LogError malformed_checkpoint; checkpoint_unverified */
  async openCheckpoint(note: string, options: RequestOptions = {}): Promise<VerifiedCheckpoint> {
    return (await this.#logKey(options)).open(note);
  }

  /** The key that everything is verified with: the one that was given, or that the log named. */
  async verifierKey(options: RequestOptions = {}): Promise<string> {
    return (await this.#logKey(options)).verifierKey;
  }

  /** A page of the feed of control statements; `replicateRevocations` verifies it. */
  async revocationPageUnverified(from: number, options: RequestOptions = {}): Promise<unknown> {
    const path = `v1/revocations?from=${from}`;
    return readJson((await this.#transport.request(path, { ...options, limit: LARGE_ANSWER })).body);
  }

  /** The stream of the feed from a position on; `followRevocations` verifies it. */
  revocationStreamUnverified(from: number, options: RequestOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return this.#transport.stream(`v1/revocations/stream?from=${from}`, options);
  }

  /** The stream of the entries from an index on; `followEntries` verifies it. */
  entryStreamUnverified(from: number, options: RequestOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return this.#transport.stream(`v1/feed?from=${from}`, options);
  }

  /** A page of what a taint reaches; `taintedEntries` verifies it. */
  taintedUnverified(position: number, before: number | undefined, options: RequestOptions = {}): Promise<unknown> {
    const page = before === undefined ? '' : `?before=${before}`;
    return this.#json(`v1/revocations/${position}/affected${page}`, options);
  }

  /** Origin, keys and whatever else the log says of itself. */
  async logInfoUnverified(options: RequestOptions = {}): Promise<Record<string, unknown>> {
    return readObject(await this.#json('v1/log', options), 'the answer');
  }

  async #proveWithin(
    index: number,
    leafHash: Hash,
    head: TreeHead,
    options: RequestOptions,
  ): Promise<{ leafHash: Hash }> {
    const path = `v1/proofs/inclusion?index=${index}&size=${head.size}`;
    const proof = readInclusion(readObject(await this.#json(path, options), 'the answer').inclusionProof);
    if (proof.index !== index || proof.treeSize !== head.size) throw proofInvalid('the proof is for another entry');
    verifyInclusion({ index, size: head.size, leafHash, root: head.root, proof: proof.hashes });
    return { leafHash };
  }

  /** A checkpoint that shows a head to be the log's: one of its size, or the newest, proved to extend it. */
  async #trace(head: TreeHead, note: string | undefined, options: RequestOptions): Promise<VerifiedCheckpoint> {
    const own = note === undefined ? await this.checkpoint(options) : (await this.#logKey(options)).open(note);
    if (own.size === head.size) {
      if (!equalBytes(own.root, head.root)) throw proofInvalid('the log stated another root than it signed');
      return own;
    }
    if (note !== undefined) throw proofInvalid('the checkpoint is of another size than the proof');
    if (own.size < head.size) throw unexpected('its newest checkpoint does not reach as far as its other answers');
    if (head.size > 0) await this.consistencyProof(head, own, options);
    return own;
  }

  /** @throws LogError answer_unexpected where the log does not name its key */
  #logKey(options: RequestOptions): Promise<LogKey> {
    if (this.#key === undefined) {
      const asked = this.logInfoUnverified(options).then((info) => this.#keyOf(info));
      // A failure is not remembered: the next call asks again.
      asked.catch(() => {
        this.#key = undefined;
      });
      this.#key = asked;
    }
    return this.#key;
  }

  #keyOf(info: Record<string, unknown>): LogKey {
    const { timeVerifierKey, origin = readString(info, 'origin') } = this.#options;
    try {
      return new LogKey({ verifierKey: readString(info, 'verifierKey'), timeVerifierKey, origin });
    } catch (error) {
      if (isLogError(error, 'malformed_key', 'unsupported_key')) throw unexpected('the key it names cannot be used');
      throw error;
    }
  }

  async #json(path: string, options: RequestOptions): Promise<unknown> {
    return readJson((await this.#get(path, options)).body);
  }

  #get(path: string, options: RequestOptions): Promise<TransportAnswer> {
    return this.#transport.request(path, { ...options, limit: SMALL_ANSWER });
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return utf8(text) as Uint8Array<ArrayBuffer>;
}

function settle(attempt: () => VerifiedReceipt): AddOutcome {
  try {
    return { receipt: attempt() };
  } catch (error) {
    return { error: asLogError(error) };
  }
}

/** Errors of the vocabulary are outcomes; anything else is a defect and must not be taken for one. */
function asLogError(error: unknown): LogError {
  if (isLogError(error)) return error;
  throw error;
}
