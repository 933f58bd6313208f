/**
 * What the clients of a log remember of it, and the questions that its memory must pass after every crash. Nothing
 * here trusts the server: every answer is recomputed from leaves, or verified under the pinned keys.
 */
import { equalBytes, fromHex, toHex } from '../../src/core/bytes.ts';
import { openCheckpoint } from '../../src/core/checkpoint.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { openCosignature } from '../../src/core/cosignature.ts';
import { leafHash, sha256 } from '../../src/core/hash.ts';
import type { NoteVerifier } from '../../src/core/note.ts';
import { verifyConsistency, verifyInclusion } from '../../src/core/proof.ts';
import { entriesPath, parseEntryBundle, TILE_WIDTH } from '../../src/core/tile.ts';
import { nativeNoteVerifier } from '../../src/log/native/native-notes.ts';
import { type Acknowledgement, type Answer, Http } from './http.ts';
import type { Random } from './random.ts';
import type { Announcement } from './running-server.ts';
import type { Signed } from './signed.ts';

interface Remembered {
  acknowledgement: Acknowledgement;
  /** Hex SHA-256 of a payload that the log said to have. */
  payload: string | undefined;
  /** True once its proof was asked for again, after the crash that followed it. */
  inspected: boolean;
}

interface SeenCheckpoint {
  root: Uint8Array;
  inspected: boolean;
}

/** Older acknowledgements and checkpoints that are proved again at each inspection, beside all that are new. */
const PROVED_AGAIN = 16;

export class Oracle {
  /** What the log did wrong. A sound log leaves it empty. */
  readonly violations: string[] = [];
  readonly #origin: string;
  readonly #logKey: NoteVerifier;
  readonly #timeKey: NoteVerifier;
  readonly #random: Random;
  /** By leaf hash. */
  readonly #acknowledged = new Map<string, Remembered>();
  /** The hex leaf hash that each index was ever seen with. */
  readonly #contents = new Map<number, string>();
  readonly #checkpoints = new Map<number, SeenCheckpoint>();
  readonly #notes = new Map<string, { size: number; root: Uint8Array }>();
  #largestSize = 0;
  #newestTime = 0;

  constructor({ origin, verifierKey, timeVerifierKey }: Announcement, random: Random) {
    this.#origin = origin;
    this.#logKey = nativeNoteVerifier(verifierKey);
    this.#timeKey = nativeNoteVerifier(timeVerifierKey);
    this.#random = random;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  get checkpoints(): number {
    return this.#checkpoints.size;
  }

  /** Remembers an acknowledgement, after checking that it proves what it says. */
  acknowledge(signed: Signed, given: Acknowledgement): void {
    this.#attempt(`the acknowledgement of entry ${given.index}`, () => this.#checkReceipt(given));
    const known = this.#acknowledged.get(given.leafHash);
    this.#content(given.index, given.leafHash);
    if (known === undefined) {
      this.#acknowledged.set(given.leafHash, { acknowledgement: given, payload: undefined, inspected: false });
    } else if (proofOf(known.acknowledgement) !== proofOf(given)) {
      this.#violation(`the same submission was answered differently: entry ${given.index}`);
    }
    if (signed.payload === undefined) return;
    if (given.payload === 'absent')
      this.#violation(`entry ${given.index} came with a payload and is said to have none`);
    const remembered = this.#acknowledged.get(given.leafHash)!;
    if (remembered.payload === undefined) {
      this.#acknowledged.set(given.leafHash, { acknowledgement: given, payload: signed.payload, inspected: false });
    } else if (JSON.stringify(remembered.acknowledgement.attachedAt) !== JSON.stringify(given.attachedAt)) {
      this.#violation(`the payload of entry ${given.index} is said to be attached elsewhere`);
    }
  }

  /** Remembers the newest checkpoint as a client was shown it. */
  async see(http: Http): Promise<void> {
    const { status, body } = await http.get('/checkpoint');
    if (status === 200) this.#attempt('the newest checkpoint', () => this.#newest(body.toString()));
    else this.#violation(`the checkpoint was answered ${status}`);
  }

  /** Compares everything remembered with what a server says now. Whatever is wrong is added to `violations`. */
  async inspect(url: string): Promise<void> {
    const http = new Http(url);
    try {
      const { body } = await http.get('/checkpoint');
      const head = this.#newest(body.toString());
      await this.#rebuild(http, head);
      for (const remembered of this.#due(this.#acknowledged)) await this.#prove(http, remembered, head);
      for (const [size, seen] of this.#due(this.#checkpoints)) await this.#extend(http, size, seen, head);
    } catch (error) {
      this.#violation(`the inspection failed: ${error}`);
    } finally {
      http.close();
    }
  }

  /** The tree from its leaves: every index, every root that was ever signed. */
  async #rebuild(http: Http, head: { size: number; root: Uint8Array }): Promise<void> {
    const range = CompactRange.empty();
    for (let start = 0; start < head.size; start += TILE_WIDTH) {
      const width = Math.min(TILE_WIDTH, head.size - start);
      const answer = await http.get(`/${entriesPath(start / TILE_WIDTH, width)}`);
      if (answer.status !== 200) throw new Error(`the entries from ${start} were answered ${answer.status}`);
      for (const leaf of parseEntryBundle(answer.body)) {
        const hash = leafHash(leaf);
        this.#content(range.size, toHex(hash));
        range.append(hash);
        const seen = this.#checkpoints.get(range.size);
        if (seen !== undefined && !equalBytes(seen.root, range.root())) {
          this.#violation(`the checkpoint of size ${range.size} had another root than the leaves give`);
        }
      }
    }
    if (!equalBytes(range.root(), head.root)) this.#violation('the leaves do not give the newest root');
    for (const { acknowledgement } of this.#acknowledged.values()) {
      if (acknowledgement.index >= head.size) this.#violation(`acknowledged entry ${acknowledgement.index} is missing`);
    }
  }

  async #prove(
    http: Http,
    [leaf, remembered]: [string, Remembered],
    head: { size: number; root: Uint8Array },
  ): Promise<void> {
    const { index } = remembered.acknowledgement;
    const answer = await http.get(`/v1/proofs/inclusion?leafHash=${leaf}&size=${head.size}`);
    if (answer.status !== 200) return this.#violation(`the proof of entry ${index} was answered ${answer.status}`);
    const { inclusionProof } = JSON.parse(answer.body.toString()) as Acknowledgement;
    if (inclusionProof.index !== index) return this.#violation(`entry ${index} is now at ${inclusionProof.index}`);
    this.#attempt(`the proof of entry ${index} under the newest checkpoint`, () => {
      const proof = inclusionProof.hashes.map((hash) => fromHex(hash));
      verifyInclusion({ index, size: head.size, leafHash: fromHex(leaf), root: head.root, proof });
    });
    if (remembered.payload !== undefined) this.#payload(await http.get(`/v1/entries/${index}/payload`), remembered);
    remembered.inspected = true;
  }

  #payload({ status, body }: Answer, { acknowledgement, payload }: Remembered): void {
    const at = `the payload of entry ${acknowledgement.index}`;
    if (status !== 200) this.#violation(`${at} was answered ${status}`);
    else if (toHex(sha256(body)) !== payload) this.#violation(`${at} is another one`);
  }

  async #extend(
    http: Http,
    first: number,
    seen: SeenCheckpoint,
    head: { size: number; root: Uint8Array },
  ): Promise<void> {
    const answer = await http.get(`/v1/proofs/consistency?first=${first}&second=${head.size}`);
    if (answer.status !== 200) return this.#violation(`no proof that size ${first} was extended: ${answer.status}`);
    const { consistencyProof } = JSON.parse(answer.body.toString()) as { consistencyProof: { hashes: string[] } };
    this.#attempt(`the checkpoint of size ${first}`, () => {
      const proof = consistencyProof.hashes.map((hash) => fromHex(hash));
      verifyConsistency({ first, second: head.size, firstRoot: seen.root, secondRoot: head.root, proof });
    });
    seen.inspected = true;
  }

  #checkReceipt({ index, leafHash: leaf, inclusionProof, checkpoint, attachedAt }: Acknowledgement): void {
    const { size, root } = this.#open(checkpoint);
    const proof = inclusionProof.hashes.map((hash) => fromHex(hash));
    verifyInclusion({ index, size, leafHash: fromHex(leaf), root, proof });
    if (attachedAt !== undefined) this.#open(attachedAt.checkpoint);
  }

  #newest(note: string): { size: number; root: Uint8Array } {
    const opened = this.#open(note);
    const { time } = openCosignature(note, this.#timeKey);
    if (opened.size < this.#largestSize) {
      this.#violation(`the newest checkpoint went back from size ${this.#largestSize} to ${opened.size}`);
    }
    if (time < this.#newestTime) this.#violation('the time of the newest checkpoint went back');
    this.#largestSize = Math.max(this.#largestSize, opened.size);
    this.#newestTime = Math.max(this.#newestTime, time);
    return opened;
  }

  /** Verifies a note under the pinned key, and holds it against what was seen of its size. */
  #open(note: string): { size: number; root: Uint8Array } {
    const known = this.#notes.get(note);
    if (known !== undefined) return known;
    const { size, root } = openCheckpoint(note, this.#logKey, this.#origin);
    this.#notes.set(note, { size, root });
    const seen = this.#checkpoints.get(size);
    if (seen === undefined) this.#checkpoints.set(size, { root, inspected: false });
    else if (!equalBytes(seen.root, root)) this.#violation(`two roots were signed for size ${size}`);
    return { size, root };
  }

  #content(index: number, leaf: string): void {
    const known = this.#contents.get(index);
    if (known === undefined) this.#contents.set(index, leaf);
    else if (known !== leaf) this.#violation(`index ${index} has two contents`);
  }

  /** All that are new, and a few of the others. */
  #due<K, T extends { inspected: boolean }>(all: Map<K, T>): [K, T][] {
    const entries = [...all];
    const old = entries.filter(([, { inspected }]) => inspected);
    const again = Array.from({ length: Math.min(PROVED_AGAIN, old.length) }, () => this.#random.pick(old));
    return [...entries.filter(([, { inspected }]) => !inspected), ...again];
  }

  #attempt(what: string, check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#violation(`${what}: ${error instanceof Error ? error.message : error}`);
    }
  }

  #violation(message: string): void {
    this.violations.push(message);
  }
}

/** What every answer to the same leaf must repeat byte for byte. */
function proofOf({ index, inclusionProof, checkpoint }: Acknowledgement): string {
  return JSON.stringify([index, inclusionProof, checkpoint]);
}
