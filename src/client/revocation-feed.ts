/**
 * A replica of a log's control statements. Every event is checked: its signatures, that its leaf binds its payload, that
 * the log's statement key names it, and that all of them together give the root which the log states.
 */
import { equalBytes, fromBase64 } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { type Hash, leafHash, sha256 } from '../core/hash.ts';
import { isControlPayload } from '../entry/control/control-payload.ts';
import { type FeedItem, feedLeafHash } from '../entry/control/feed-leaf.ts';
import type { PublicKey } from '../entry/keys/public-key.ts';
import type { SignatureChecks } from '../entry/keys/signature-checks.ts';
import { pae } from '../entry/leaf/dsse.ts';
import { type LeafContent, parseLeaf } from '../entry/leaf/leaf.ts';
import { leafBindsPayload } from '../entry/leaf/payload-binding.ts';
import { verifySignedMessage } from '../entry/leaf/verifier.ts';
import { type FeedStatement, readFeedStatement } from '../entry/submission/feed-statement.ts';
import { STATEMENT_PAYLOAD_TYPE } from '../entry/submission/log-statement.ts';
import { type JsonObject, readHash, readList, readNumber, readObject, readString, unexpected } from './answer.ts';
import { proofInvalid } from './log-key.ts';

/** A control statement that the log put into effect. Whether its signers may say so is not asked here. */
export interface RevocationEvent extends FeedItem {
  /** In the feed, from 0. */
  readonly position: number;
  /** Index of the log's statement that names it: it takes effect from there. */
  readonly statement: number;
  /** Entries before its batch. */
  readonly batchStart: number;
  readonly leaf: Uint8Array;
  readonly content: LeafContent;
  readonly payload: { readonly bytes: Uint8Array; readonly type: string };
}

/** What a replica has been brought up to. */
export interface FeedState {
  readonly size: number;
  readonly root: Hash;
  /** The log's statement that says so, and its leaf hash; undefined for the empty feed. */
  readonly statement: { readonly index: number; readonly leafHash: Hash } | undefined;
}

export interface FeedKeys {
  /** Names control statements in the log's name; the genesis statement names it. */
  readonly statementKey: PublicKey;
  readonly checks: SignatureChecks;
}

/** Only `append` changes it, by whole statements; what cannot be verified leaves it as it was. */
export class RevocationFeed {
  readonly #keys: FeedKeys;
  readonly #events: RevocationEvent[] = [];
  /** Events of a statement whose others have not come yet. */
  #open: RevocationEvent[] = [];
  #range = CompactRange.empty();
  #state: FeedState;

  constructor(keys: FeedKeys) {
    this.#keys = keys;
    this.#state = { size: 0, root: this.#range.root(), statement: undefined };
  }

  /** Those that are verified, in order. */
  get events(): readonly RevocationEvent[] {
    return this.#events;
  }

  /** The log's statement key, which speaks for its operator. */
  get statementKey(): PublicKey {
    return this.#keys.statementKey;
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Position of the event that is to come next; a page may end within a statement. */
  get next(): number {
    return this.#events.length + this.#open.length;
  }

  /**
   * Takes a page of the feed that begins at `next`.
   * @returns the events that are verified by it
   * @throws LogError answer_unexpected for another form; proof_invalid, signature_invalid where it does not hold
   */
  append(page: unknown): readonly RevocationEvent[] {
    const stated = readObject(page, 'the page');
    if (readNumber(stated, 'from') !== this.next) throw unexpected('the page begins somewhere else');
    const statements = new Map(readList(stated, 'statements').map((one) => this.#statement(one)));
    const events = readList(stated, 'events').map((one, i) => this.#event(one, this.next + i, statements));
    if (readNumber(stated, 'next') !== this.next + events.length) throw unexpected('the page ends somewhere else');
    return events.length === 0 ? [] : this.#take(events, statements);
  }

  #take(events: RevocationEvent[], statements: ReadonlyMap<number, VerifiedStatement>): readonly RevocationEvent[] {
    const range = CompactRange.from(this.#range.size, this.#range.peakHashes());
    const all = [...this.#open, ...events];
    let taken = 0;
    let state = this.#state;
    for (const [i, event] of all.entries()) {
      const before = all[i - 1] ?? this.#events.at(-1);
      if (before !== undefined && event.index <= before.index) throw proofInvalid('the events are not in order');
      range.append(feedLeafHash(event));
      if (all[i + 1]?.statement === event.statement) continue;
      const { feed, leafHash: hash } = statements.get(event.statement)!;
      if (feed.size > range.size && i === all.length - 1) break;
      if (feed.size !== range.size || !equalBytes(feed.root, range.root())) {
        throw proofInvalid('the control statements do not give the feed that the log states');
      }
      taken = i + 1;
      state = { size: range.size, root: feed.root, statement: { index: event.statement, leafHash: hash } };
    }
    const verified = all.slice(0, taken);
    for (const event of verified) this.#range.append(feedLeafHash(event));
    this.#events.push(...verified);
    this.#open = all.slice(taken);
    this.#state = state;
    return verified;
  }

  #statement(value: unknown): [number, VerifiedStatement] {
    const stated = readObject(value, 'a statement');
    const index = readNumber(stated, 'index');
    const [leaf, payload] = [
      bytesOf(stated, 'leaf'),
      { bytes: bytesOf(stated, 'payload'), type: STATEMENT_PAYLOAD_TYPE },
    ];
    const content = this.#signed(leaf, payload);
    const [signature, ...more] = content.signatures;
    if (more.length > 0 || !equalBytes(signature!.verifier.key.spki, this.#keys.statementKey.spki)) {
      throw proofInvalid('a statement of the feed is not signed by the log');
    }
    return [index, { ...readFeedStatement(payload.bytes), leafHash: leafHash(leaf) }];
  }

  #event(value: unknown, position: number, statements: ReadonlyMap<number, VerifiedStatement>): RevocationEvent {
    const stated = readObject(value, 'an event');
    if (readNumber(stated, 'position') !== position) throw unexpected('the events are not in order');
    const leaf = bytesOf(stated, 'leaf');
    const payload = { bytes: bytesOf(stated, 'payload'), type: readString(stated, 'payloadType') };
    const index = readNumber(stated, 'index');
    const item = { index, leafHash: leafHash(leaf), payloadSha256: sha256(payload.bytes) };
    const isAsStated =
      equalBytes(item.leafHash, readHash(stated, 'leafHash')) &&
      equalBytes(item.payloadSha256, readHash(stated, 'payloadSha256'));
    if (!isAsStated) throw proofInvalid('an event is not the one that is stated');
    const statement = readNumber(stated, 'statement');
    const by = statements.get(statement);
    const named = by?.items[position - (by.feed.size - by.items.length)];
    const isNamed =
      named?.index === index &&
      equalBytes(named.leafHash, item.leafHash) &&
      equalBytes(named.payloadSha256, item.payloadSha256);
    if (by === undefined || !isNamed || index >= statement || index < by.batchStart) {
      throw proofInvalid('the log does not state that an event is in effect');
    }
    if (!isControlPayload(payload)) throw proofInvalid('an event is no control statement');
    const content = this.#signed(leaf, payload);
    return { ...item, position, statement, batchStart: by.batchStart, leaf, content, payload };
  }

  /** A leaf that binds the payload, and whose signatures over it verify. */
  #signed(leaf: Uint8Array, payload: { bytes: Uint8Array; type: string }): LeafContent {
    const content = parseLeaf(leaf);
    if (!leafBindsPayload(content, payload)) throw proofInvalid('a payload is not the one that was signed');
    const message = pae(payload.type, payload.bytes);
    for (const { verifier, signature } of content.signatures) {
      verifySignedMessage(verifier, message, signature, this.#keys.checks);
    }
    return content;
  }
}

type VerifiedStatement = FeedStatement & { readonly leafHash: Hash };

function bytesOf(object: JsonObject, name: string): Uint8Array {
  try {
    return fromBase64(readString(object, name));
  } catch {
    throw unexpected(`${name} is not base64`);
  }
}
