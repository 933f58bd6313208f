/** Opens a log for writing: takes the lock, checks everything that must hold, and runs the sequencer on it. */
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { equalBytes, toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { leafTerms } from '../entry/leaf/lookup.ts';
import { assertReason, erasedStatement } from '../entry/submission/erased-statement.ts';
import { feedStatement } from '../entry/submission/feed-statement.ts';
import { attachedStatement, frozenStatement, keyStatement } from '../entry/submission/log-statement.ts';
import type { Anchor } from '../log/anchor.ts';
import { type Erasable, type ErasureTarget, erasableOf } from '../log/erasure.ts';
import { checkFeed } from '../log/feed-check.ts';
import { isFrozen, logFrozen } from '../log/frozen.ts';
import type { LogIdentity } from '../log/identity.ts';
import { LookupIndex } from '../log/index/lookup-index.ts';
import { lookupKeys } from '../log/index/lookup-key.ts';
import { Tail } from '../log/index/tail.ts';
import { asItemError, fromItemError } from '../log/item-error.ts';
import { identityOf, type LogKeys, readKeys } from '../log/keys.ts';
import type { ItemError, PublishedHead } from '../log/log.ts';
import { type KeyRole, type NamedKey, namedKey, STATED_AS } from '../log/named-keys.ts';
import type { KnownEntry, LoggableEntry, PlanInput } from '../log/planner.ts';
import { VerifiedReader } from '../log/reader.ts';
import { receiptWriter } from '../log/receipts.ts';
import { reservedAs } from '../log/reserved-statements.ts';
import { assertStatedWhileRunning } from '../log/running-statements.ts';
import { Sequencer, type SequencerEvents, type SequencerOptions } from '../log/sequencer.ts';
import { checkpointSigner } from '../log/signer.ts';
import { SignerLimit, type SubmittedEntry } from '../log/signer-limit.ts';
import { checkHead, checkIdentity } from '../log/start-checks.ts';
import { statementEntry } from '../log/statements.ts';
import { openTierReader } from '../storage/sqlite/index-db.ts';
import { openLogStore, type SqliteLogStore } from '../storage/sqlite/log-store.ts';
import { lockWriter } from '../storage/sqlite/writer-lock.ts';
import { type Anchoring, anchoring } from './anchoring.ts';
import { removeTraces } from './erasure-traces.ts';
import type { Opened, WriterSettings } from './messages.ts';
import type { DataPaths } from './paths.ts';

/** Candidates of one leaf key that are compared; more than one is a collision of 48 bits. */
const MAX_CANDIDATES = 64;

/** Why traces of an erased payload may have to stay for a while. */
const TRACES_LEFT = ['storage_full', 'already_running'] as const;

export class Writer {
  readonly opened: Opened;
  readonly #store: SqliteLogStore;
  readonly #keys: LogKeys;
  readonly #anchor: Anchor | undefined;
  readonly #settings: WriterSettings;
  readonly #clock: () => number;
  readonly #unlock: () => void;
  #sequencer: Sequencer | undefined;
  /** Owned here: `offer` alone takes from it. */
  readonly #limit: SignerLimit | undefined;
  #answer: SequencerEvents['answered'] = () => {};
  readonly #reserved: (entry: SubmittedEntry) => string | undefined;
  /** Hex SHA-256 of payloads that are never taken again. Fixed: nothing is erased while the log is served. */
  readonly #erased: ReadonlySet<string>;
  /** Of the look-up index; set by `begin`. */
  #salt: Uint8Array = new Uint8Array(0);
  /** Leaf keys of entries that are not in the tiers yet; owned by the sequencer's events. */
  #tail: Tail | undefined;
  #closeTiers = () => {};

  /**
   * Takes the lock and checks the log. Nothing is written but the anchor, where it was behind.
   * @param clock POSIX seconds
   * @throws LogError for every reason not to start
   */
  static open(settings: WriterSettings, clock: () => number = systemTime): Writer {
    if (!existsSync(settings.paths.log)) {
      throw new LogError('log_missing', `there is no log at ${settings.paths.log}; create one with countersign init`);
    }
    const unlock = lockWriter(settings.paths.lock);
    let store: SqliteLogStore | undefined;
    try {
      store = openLogStore(settings.paths.log);
      const pinned = store.identity();
      if (settings.origin !== undefined && settings.origin !== pinned.origin) {
        throw new LogError('wrong_origin', `this directory holds the log ${pinned.origin}`);
      }
      const keys = readKeys(settings.paths.keys);
      checkIdentity(pinned, identityOf(pinned.origin, keys));
      const { head } = checkHead(store, pinned);
      checkFeed(store, pinned, head.size);
      const anchored = anchoring(settings, store, pinned, head);
      const finished = finishErasures(anchored, store, pinned, settings.paths);
      return new Writer(settings, clock, store, keys, pinned, finished, unlock);
    } catch (error) {
      store?.close();
      unlock();
      throw error;
    }
  }

  private constructor(
    settings: WriterSettings,
    clock: () => number,
    store: SqliteLogStore,
    keys: LogKeys,
    identity: LogIdentity,
    anchoring: Anchoring,
    unlock: () => void,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#limit = settings.signerLimit && new SignerLimit(settings.signerLimit, { monotonic: () => performance.now() });
    this.#store = store;
    this.#keys = keys;
    this.#anchor = anchoring.anchor;
    this.#unlock = unlock;
    this.#reserved = reservedAs(identity);
    this.#erased = new Set(store.erasures().map(({ sha256 }) => toHex(sha256)));
    this.opened = {
      identity,
      head: store.head(),
      frozen: isFrozen(store, identity),
      readsOnly: anchoring.readsOnly && asItemError(anchoring.readsOnly),
      anchor: anchoring.path,
      warnings: anchoring.warnings,
    };
  }

  /**
   * Starts writing, once the index covers the log up to its head.
   * @param indexDamaged told before the sequencer stops because the index cannot be read
   */
  begin(salt: Uint8Array, events: SequencerEvents, indexDamaged: () => void = () => {}): Sequencer {
    const tiers = openTierReader(this.#settings.paths.index);
    this.#closeTiers = () => tiers.close();
    const tail = new Tail(this.#store.head().size);
    this.#tail = tail;
    const index = new LookupIndex(tiers, tail);
    this.#salt = salt;
    return this.#sequence(salt, (entries) => knownEntries(this.#store, leafCandidates(index, entries, indexDamaged)), {
      ...events,
      published(head, indexed) {
        for (const { index: entry, keys } of indexed) tail.append(entry, keys.slice(0, 1));
        events.published(head, indexed);
      },
    });
  }

  /**
   * Ends the log by its last statement. Instead of `begin`.
   * @returns the head that has it
   * @throws LogError as `assertAppends`; what kept the statement from being committed
   */
  freeze(): Promise<PublishedHead> {
    const { origin, logId } = this.opened.identity;
    return this.#append(({ size, root }, time) => frozenStatement({ origin, logId, size, rootHash: root, time }));
  }

  /** The key of this role that the log names. @throws LogError corrupt */
  namedKey(role: KeyRole): NamedKey | undefined {
    return namedKey(this.#store, this.opened.identity, role);
  }

  /**
   * Names a key that the log has from then on. Instead of `begin`.
   * @param pem as a statement names it
   * @returns the head that has the statement
   * @throws LogError as `freeze`
   */
  nameKey(role: KeyRole, pem: string): Promise<PublishedHead> {
    const { origin, logId } = this.opened.identity;
    const named = { [STATED_AS[role]]: pem };
    const state = ({ size }: PublishedHead, time: number) =>
      keyStatement({ origin, logId, index: size, time, ...named });
    return this.#append(state, { namesKey: role });
  }

  /**
   * What erasing a payload would take: every entry that holds the same bytes.
   * @throws LogError not_found, not_yet_published; payload_absent, payload_erased; forbidden for what can never be erased
   */
  erasable(target: ErasureTarget): Erasable {
    const { identity, head } = this.opened;
    return erasableOf(this.#store, target, head.size, identity);
  }

  /**
   * Logs the tombstone and erases the payload, in one commit; then removes what is left of it elsewhere. Instead of
   * `begin`, as `freeze`.
   * @throws LogError log_frozen where no tombstone can be logged any more; reads_only; what kept the commit from being
   * made; storage_full, already_running where it is erased and traces are left, which the next start removes
   */
  async erase({ payloadSha256, leaves }: Erasable, reason: string): Promise<PublishedHead> {
    const { frozen, head, identity } = this.opened;
    assertReason(reason);
    if (frozen) {
      throw new LogError('log_frozen', 'this log is frozen: it can log no tombstone, so nothing in it can be erased');
    }
    const erases = { sha256: payloadSha256, leaves: leaves.map(({ index }) => index) };
    const state = (_: PublishedHead, time: number) => erasedStatement({ payloadSha256, leaves, reason, time });
    const erased = await this.#append(state, { erases });
    try {
      removeTraces(this.#store, identity, this.#settings.paths);
    } catch (error) {
      if (!isLogError(error, ...TRACES_LEFT)) throw error;
      const said = `the payload is erased, and entry ${head.size} says so; but traces of it are left until the next start`;
      throw new LogError(error.code, `${said}: ${error.message}`, { cause: error });
    }
    return erased;
  }

  /** @throws LogError log_frozen where the log has ended; reads_only */
  assertAppends(): void {
    const { frozen, readsOnly } = this.opened;
    if (frozen) throw logFrozen();
    if (readsOnly !== undefined) throw fromItemError(readsOnly);
  }

  /**
   * Appends a statement of the log's own, alone: nothing else may be under way, and nothing is looked up, since no entry
   * before can be this one.
   */
  async #append(
    state: (head: PublishedHead, time: number) => Uint8Array,
    more: Pick<LoggableEntry, 'namesKey' | 'erases'> = {},
  ): Promise<PublishedHead> {
    this.assertAppends();
    const { head } = this.opened;
    const statement = state(head, Math.max(this.#clock(), head.time));
    // The index is built from the entry itself, so the salt does not matter here.
    const entry = { ...statementEntry(statement, this.#keys, new Uint8Array(0)), ...more };
    let appended: PublishedHead | undefined;
    let failure: ItemError | undefined;
    const sequencer = this.#sequence(new Uint8Array(0), () => () => undefined, {
      published: (newHead) => {
        appended = newHead;
      },
      answered: ([answer]) => {
        failure ??= answer?.outcome.error;
      },
      writeState: () => undefined,
      fatal: (error) => {
        failure = error;
      },
    });
    sequencer.offer([{ ticket: 0, item: 0, returnsLeaf: false, entry }]);
    await sequencer.close();
    if (failure !== undefined) throw fromItemError(failure);
    return appended!;
  }

  #sequence(salt: Uint8Array, known: SequencerOptions['known'], events: SequencerEvents): Sequencer {
    if (this.#anchor === undefined) throw new Error('a log that serves reads only was asked to write');
    const store = this.#store;
    const { identity, frozen } = this.opened;
    const { head, edge } = checkHead(store, identity);
    let published = head;
    const reader = new VerifiedReader(store, identity, () => published, {
      candidates: () => {
        throw new Error('the writer looks leaves up by their keys');
      },
    });
    this.#answer = events.answered;
    this.#sequencer = new Sequencer({
      ...{ store, identity, edge, known, frozen },
      feed: checkFeed(store, identity, head.size),
      anchor: this.#anchor,
      signer: checkpointSigner(identity, this.#keys),
      receipts: receiptWriter(reader),
      attached: (items) => statementEntry(attachedStatement({ items }), this.#keys, salt),
      controls: (stated) => statementEntry(feedStatement(stated), this.#keys, salt),
      clock: this.#clock,
      freeBytes: () => freeBytes(this.#settings.paths),
      reserveBytes: this.#settings.reserveBytes,
      events: {
        ...events,
        published(newHead, indexed) {
          published = newHead;
          events.published(newHead, indexed);
        },
      },
    });
    return this.#sequencer;
  }

  /** Pools what its signers may log, and answers the rest. */
  offer(offered: SubmittedEntry[]): void {
    const allowed = this.#refuseReserved(offered);
    const entries = this.#erased.size > 0 ? allowed.map((entry) => this.#withoutErased(entry)) : allowed;
    const { admitted, refused } = this.#limit?.admit(entries) ?? { admitted: entries, refused: [] };
    if (refused.length > 0) this.#answer(refused);
    if (admitted.length > 0) this.#sequencer?.offer(admitted);
  }

  /**
   * Pools a statement of the log's own, to be answered under its ticket as any entry. No limit of signers holds for it:
   * whoever has it made was limited before.
   */
  state(ticket: number, statement: Uint8Array): void {
    try {
      assertStatedWhileRunning(statement);
    } catch (error) {
      if (!isLogError(error)) throw error;
      this.#answer([{ ticket, item: 0, outcome: { error: asItemError(error) } }]);
      return;
    }
    const entry = statementEntry(statement, this.#keys, this.#salt);
    this.#sequencer?.offer([{ ticket, item: 0, returnsLeaf: false, entry }]);
  }

  #refuseReserved(offered: SubmittedEntry[]): SubmittedEntry[] {
    const reasons = offered.map(this.#reserved);
    if (reasons.every((reason) => reason === undefined)) return offered;
    const refused = offered.flatMap(({ ticket, item }, i) => {
      const reason = reasons[i];
      return reason === undefined
        ? []
        : [{ ticket, item, outcome: { error: asItemError(new LogError('forbidden', reason)) } }];
    });
    this.#answer(refused);
    return offered.filter((_, i) => reasons[i] === undefined);
  }

  /** An erased payload is not brought back, whatever leaf it comes with; nor does anything in it make that leaf found. */
  #withoutErased(submitted: SubmittedEntry): SubmittedEntry {
    const { entry } = submitted;
    if (entry.payload === undefined || !this.#erased.has(toHex(entry.payload.sha256))) return submitted;
    const keys = lookupKeys(this.#salt, leafTerms(entry.leaf));
    return { ...submitted, entry: { ...entry, payload: undefined, keys, payloadErased: true } };
  }

  /** Forgets leaf keys that are in the tiers now. */
  merged(through: number): void {
    this.#tail?.drop(through);
  }

  async close(): Promise<void> {
    await this.#sequencer?.close();
    this.#closeTiers();
    this.#store.close();
    this.#anchor?.close();
    this.#unlock();
  }
}

/** Finishes erasures that were interrupted. What cannot be finished now is a warning: it is tried at every start. */
function finishErasures(
  anchored: Anchoring,
  store: SqliteLogStore,
  identity: LogIdentity,
  paths: DataPaths,
): Anchoring {
  try {
    removeTraces(store, identity, paths);
    return anchored;
  } catch (error) {
    if (!isLogError(error, ...TRACES_LEFT)) throw error;
    const warning = `traces of an erased payload are left in the data directory: ${error.message}`;
    return { ...anchored, warnings: [...anchored.warnings, warning] };
  }
}

/** De-duplication: the key finds candidates, the stored bytes decide. */
function knownEntries(store: SqliteLogStore, candidates: Map<number, number[]>): PlanInput['known'] {
  return (entry): KnownEntry | undefined => {
    for (const candidate of candidates.get(entry.keys[0]!) ?? []) {
      const row = store.entry(candidate);
      if (row === undefined || !equalBytes(row.leaf, entry.leaf)) continue;
      // The companions too where this entry brings none: a later one of the same batch may.
      return { index: candidate, payload: store.payloadState(candidate), companions: store.companions(candidate) };
    }
    return undefined;
  };
}

function leafCandidates(
  index: LookupIndex,
  entries: readonly LoggableEntry[],
  damaged: () => void,
): Map<number, number[]> {
  try {
    return index.candidatesOfAll(
      entries.map(({ keys }) => keys[0]!),
      MAX_CANDIDATES,
    );
  } catch (error) {
    damaged();
    throw error;
  }
}

/** POSIX seconds. */
function systemTime(): number {
  return Math.floor(Date.now() / 1000);
}

function freeBytes({ log }: DataPaths): number {
  const { bavail, bsize } = statfsSync(dirname(log));
  return bavail * bsize;
}
