/**
 * What clients of Rekor v1 trust a log by: a note of its own over each checkpoint, and a Signed Entry Timestamp over
 * each entry, both by one ECDSA P-256 key.
 *
 * Contract: nothing is signed here but what is published and durable. Callers hand in the size, root and time of one of
 * the log's own checkpoints and an entry that it covers, as a receipt or the verified reader gives them; so this key
 * can vouch for no history that the checkpoint key has not vouched for.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { toBase64, toHex, utf8 } from '../core/bytes.ts';
import { formatCheckpoint } from '../core/checkpoint.ts';
import { LogError } from '../core/errors.ts';
import { type Hash, sha256 } from '../core/hash.ts';
import { formatNote, NOTE_ECDSA, noteKeyId } from '../core/note.ts';
import { publicPem } from './keys.ts';

/** What names the log to clients of Rekor v1. */
export interface RekorV1Identity {
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
  /** SHA-256 of the SubjectPublicKeyInfo, 32 bytes. */
  readonly logId: Uint8Array;
  /** 16 hexadecimal digits, below 2^63: the first half of an entry's UUID. */
  readonly treeId: string;
}

/** An entry as a Signed Entry Timestamp binds it. */
export interface TimestampedEntry {
  /** The leaf, base64. */
  body: string;
  index: number;
  /** POSIX seconds of the first checkpoint that covered it. */
  time: number;
}

/** Sizes whose note is remembered: the answers of a commit share theirs, and duplicates come soon after. */
const REMEMBERED_NOTES = 256;

export class RekorV1Signer {
  readonly identity: RekorV1Identity;
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #origin: string;
  readonly #name: string;
  readonly #keyId: number;
  /** Signed, or being signed, by size and root; the oldest first. */
  readonly #notes = new Map<string, Promise<string>>();

  /** @param origin of the log's own checkpoints */
  constructor(origin: string, key: KeyObject) {
    this.#key = key;
    this.#publicKey = createPublicKey(key);
    const spki = new Uint8Array(this.#publicKey.export({ type: 'spki', format: 'der' }));
    const logId = sha256(spki);
    this.identity = { publicKey: publicPem(key), logId, treeId: treeIdOf(logId) };
    this.#name = origin;
    // Rekor v1 writes the tree's number in decimal here, and clients know its checkpoints by that.
    this.#origin = `${origin} - ${BigInt(`0x${this.identity.treeId}`)}`;
    this.#keyId = noteKeyId(origin, NOTE_ECDSA, spki);
  }

  /**
   * The signed note of a size that the log has published.
   * @throws LogError corrupt where a signature does not verify (a fault of memory or processor)
   */
  checkpoint(size: number, root: Hash): Promise<string> {
    const name = `${size} ${toHex(root)}`;
    const known = this.#notes.get(name);
    if (known !== undefined) return known;
    const [oldest] = this.#notes.keys();
    if (oldest !== undefined && this.#notes.size >= REMEMBERED_NOTES) this.#notes.delete(oldest);
    const note = this.#signNote(size, root);
    this.#notes.set(name, note);
    note.catch(() => this.#notes.delete(name));
    return note;
  }

  /** The Signed Entry Timestamp of an entry that the log has published: DER in base64. */
  async entryTimestamp({ body, index, time }: TimestampedEntry): Promise<string> {
    // RFC 8785: the members in this order, and none of them needs an escape.
    const logId = toHex(this.identity.logId);
    const text = `{"body":"${body}","integratedTime":${time},"logID":"${logId}","logIndex":${index}}`;
    return toBase64(await this.#sign(utf8(text)));
  }

  async #signNote(size: number, root: Hash): Promise<string> {
    const text = formatCheckpoint({ origin: this.#origin, size, root, extensions: [] });
    const message = utf8(text);
    const bytes = await this.#sign(message);
    if (!verify('sha256', message, this.#publicKey, bytes)) {
      throw new LogError('corrupt', 'a fresh signature does not verify under its own key');
    }
    return formatNote(text, [{ name: this.#name, keyId: this.#keyId, bytes }]);
  }

  /** On libuv's pool, so that signing holds up no other answer. */
  #sign(message: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      sign('sha256', message, this.#key, (error, signature) => (error ? reject(error) : resolve(signature)));
    });
  }
}

/** The first eight bytes without the sign bit: clients read the number as an int64. */
function treeIdOf(logId: Uint8Array): string {
  const first = logId.slice(0, 8);
  first[0]! &= 0x7f;
  return toHex(first);
}
