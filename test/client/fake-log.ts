/** A log in memory behind a `fetch` function: honest unless a test makes it lie. Proofs are built the naive way. */
import { toBase64, toHex, utf8 } from '../../src/core/bytes.ts';
import { formatCheckpoint } from '../../src/core/checkpoint.ts';
import { cosigner } from '../../src/core/cosignature.ts';
import { ed25519PublicKey } from '../../src/core/ed25519.ts';
import { isLogError } from '../../src/core/errors.ts';
import { EMPTY_ROOT, type Hash, leafHash, nodeHash, sha256 } from '../../src/core/hash.ts';
import {
  ed25519NoteSigner,
  formatVerifierKey,
  NOTE_COSIGNATURE_V1,
  NOTE_ED25519,
  signNote,
} from '../../src/core/note.ts';
import { encodeEntryBundle, parseTilePath } from '../../src/core/tile.ts';
import { formatBundle } from '../../src/entry/bundle/bundle-out.ts';
import type { PreparedEntry } from '../../src/entry/submission/prepared-entry.ts';
import { prepareSubmission } from '../../src/entry/submission/submission.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';

const CHECKPOINT_SEED = new Uint8Array(32).fill(1);
const TIME_SEED = new Uint8Array(32).fill(2);

interface Stored {
  leaf: Uint8Array;
  hash: Hash;
  entry: PreparedEntry | undefined;
  /** Size of the checkpoint under which it was acknowledged. */
  covered: number;
}

/** Changes an answer before it goes out; a `Response` goes out in its stead. */
export type Lie = (path: string, answer: unknown) => unknown;

export class FakeLog {
  readonly origin: string;
  readonly verifierKey: string;
  readonly timeVerifierKey: string;
  readonly url = 'https://log.example/';
  readonly stored: Stored[] = [];
  /** Every request as `METHOD path`. */
  readonly requests: string[] = [];
  readonly bodies: string[] = [];
  readonly headers: Headers[] = [];
  lie: Lie | undefined;
  time = 1_700_000_000;
  readonly #seed: Uint8Array;
  readonly #notes = new Map<string, string>();

  constructor(origin = 'log.example', seed: Uint8Array = CHECKPOINT_SEED) {
    this.origin = origin;
    this.#seed = seed;
    this.verifierKey = formatVerifierKey(origin, NOTE_ED25519, ed25519PublicKey(seed));
    this.timeVerifierKey = formatVerifierKey(origin, NOTE_COSIGNATURE_V1, ed25519PublicKey(TIME_SEED));
  }

  /** Appends leaves that are no entries, to make the tree larger. */
  grow(count: number): this {
    for (let i = 0; i < count; i++) this.#append(utf8(`filler ${this.stored.length}`), undefined);
    for (const stored of this.stored) stored.covered ||= this.stored.length;
    return this;
  }

  /** A log of the same keys whose history differs from entry `from` on. */
  fork(from: number): FakeLog {
    const other = new FakeLog(this.origin, this.#seed);
    other.stored.push(...this.stored.slice(0, from).map((stored) => ({ ...stored })));
    for (let i = from; i < this.stored.length; i++)
      other.stored.push({ ...this.stored[i]!, hash: sha256(Uint8Array.of(i)) });
    return other;
  }

  root(size = this.stored.length): Hash {
    return size === 0 ? EMPTY_ROOT : this.#subtree(0, size);
  }

  checkpoint(size = this.stored.length, root = this.root(size)): string {
    const text = formatCheckpoint({ origin: this.origin, size, root, extensions: [] });
    const known = this.#notes.get(`${text}${this.time}`);
    if (known !== undefined) return known;
    const signers = [ed25519NoteSigner(this.origin, this.#seed), cosigner(this.origin, TIME_SEED).at(this.time)];
    const note = signNote(text, signers);
    this.#notes.set(`${text}${this.time}`, note);
    return note;
  }

  /** Any text as a note of the log's checkpoint key. */
  signed(text: string): string {
    return signNote(text, [ed25519NoteSigner(this.origin, this.#seed)]);
  }

  inclusion(index: number, size: number): unknown {
    const hashes = this.#path(index, 0, size).map(toHex);
    return { index, treeSize: size, rootHash: toHex(this.root(size)), hashes };
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const { pathname, search } = new URL(String(input));
    const path = pathname + search;
    this.requests.push(`${init?.method ?? 'GET'} ${path}`);
    this.headers.push(new Headers(init?.headers));
    const body = init?.body == null ? '' : new TextDecoder().decode(init.body as Uint8Array);
    this.bodies.push(body);
    init?.signal?.throwIfAborted();
    const honest = this.#answer(pathname, new URLSearchParams(search), body);
    const answer = this.lie === undefined ? honest : await this.lie(path, honest);
    if (answer instanceof Response) return answer;
    if (answer === undefined) return problem(404, 'not_found');
    if (answer instanceof Uint8Array) return new Response(answer as Uint8Array<ArrayBuffer>);
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer));
  };

  #answer(path: string, query: URLSearchParams, body: string): unknown {
    if (path === '/v1/entries' && body !== '') return this.#submit([body])[0];
    if (path === '/v1/entries:batch') {
      const lines = body.split('\n').filter((line) => line !== '');
      return this.#submit(lines)
        .map((result) => `${JSON.stringify(result)}\n`)
        .join('');
    }
    if (path === '/checkpoint') return this.checkpoint();
    if (path === '/v1/log') {
      const { origin, verifierKey, timeVerifierKey } = this;
      return { origin, verifierKey, timeVerifierKey };
    }
    if (path === '/v1/proofs/inclusion') return this.#inclusionAnswer(query);
    if (path === '/v1/proofs/consistency') {
      const [first, second] = [Number(query.get('first')), Number(query.get('second'))];
      const hashes = this.consistency(first, second).map(toHex);
      return { consistencyProof: { first, second, hashes } };
    }
    if (path === '/v1/entries') return this.#find(query);
    if (path.startsWith('/tile/')) return this.#tile(path.slice(1));
    const [, index, part] = /^\/v1\/entries\/([0-9]+)(\/[a-z]+)?$/.exec(path) ?? [];
    return index === undefined ? undefined : this.#entry(Number(index), part);
  }

  #submit(bodies: string[]): unknown[] {
    const added = bodies.map((body) => {
      try {
        const entry = prepareSubmission(JSON.parse(body), nativeChecks);
        const known = this.stored.findIndex(({ hash }) => toHex(hash) === toHex(entry.leafHash));
        return known >= 0
          ? { index: known, duplicate: true }
          : { index: this.#append(entry.leaf, entry), duplicate: false };
      } catch (error) {
        if (!isLogError(error)) throw error;
        return { error: { code: error.code, detail: error.message, status: 422 } };
      }
    });
    for (const stored of this.stored) stored.covered ||= this.stored.length;
    return added.map((result) => {
      if (result.error !== undefined) return result;
      const { covered, hash, entry } = this.stored[result.index]!;
      return {
        ...result,
        leafHash: toHex(hash),
        inclusionProof: this.inclusion(result.index, covered),
        checkpoint: this.checkpoint(covered),
        payload: entry?.payload === undefined ? 'absent' : 'stored',
      };
    });
  }

  #append(leaf: Uint8Array, entry: PreparedEntry | undefined): number {
    return this.stored.push({ leaf, hash: leafHash(leaf), entry, covered: 0 }) - 1;
  }

  #inclusionAnswer(query: URLSearchParams): unknown {
    const size = Number(query.get('size') ?? this.stored.length);
    const hash = query.get('leafHash');
    const index = hash === null ? Number(query.get('index')) : this.stored.findIndex((one) => toHex(one.hash) === hash);
    if (index < 0 || index >= size || size > this.stored.length) return undefined;
    return {
      inclusionProof: this.inclusion(index, size),
      leafHash: toHex(this.stored[index]!.hash),
      ...(size === this.stored.length && { checkpoint: this.checkpoint(size) }),
    };
  }

  /** Two entries a page, newest first. */
  #find(query: URLSearchParams): unknown {
    const before = Number(query.get('cursor') ?? this.stored.length);
    const matching: number[] = [];
    for (let index = before - 1; index >= 0; index--) {
      const terms = this.stored[index]!.entry?.terms ?? [];
      const matches = [...query].every(
        ([kind, value]) => kind === 'cursor' || terms.some((term) => term.kind === kind && term.value === value),
      );
      if (matches) matching.push(index);
    }
    const page = matching.slice(0, 2);
    return {
      treeSize: this.stored.length,
      rootHash: toHex(this.root()),
      entries: page.map((index) => ({ index, leafHash: toHex(this.stored[index]!.hash) })),
      ...(matching.length > 2 && { next: String(page[1]) }),
    };
  }

  #entry(index: number, part: string | undefined): unknown {
    const stored = this.stored[index];
    if (stored === undefined) return undefined;
    const payload = stored.entry?.payload;
    if (part === '/payload') return payload?.bytes;
    if (part === '/bundle') {
      const size = stored.covered;
      return formatBundle({
        leaf: stored.leaf,
        payload,
        companions: [],
        index,
        treeSize: size,
        hashes: this.#path(index, 0, size),
        rootHash: this.root(size),
        checkpoint: this.checkpoint(size),
        logId: sha256(utf8(this.origin)),
        checks: nativeChecks,
      });
    }
    return {
      index,
      leafHash: toHex(stored.hash),
      canonicalizedBody: toBase64(stored.leaf),
      payload: payload === undefined ? { status: 'absent' } : { status: 'stored', type: payload.type },
    };
  }

  #tile(path: string): Uint8Array | undefined {
    const named = parseTilePath(path);
    if (named.kind === 'entries') {
      const leaves = this.stored.slice(named.index * 256, named.index * 256 + named.width).map(({ leaf }) => leaf);
      return leaves.length === named.width ? encodeEntryBundle(leaves) : undefined;
    }
    const { level, index, width } = named.tile;
    const span = 256 ** level;
    const tile = new Uint8Array(32 * width);
    for (let i = 0; i < width; i++) {
      const start = (index * 256 + i) * span;
      if (start + span > this.stored.length) return undefined;
      tile.set(this.#subtree(start, start + span), 32 * i);
    }
    return tile;
  }

  /** MTH, RFC 9162 §2.1.1. */
  #subtree(start: number, end: number): Hash {
    if (end - start === 1) return this.stored[start]!.hash;
    const middle = start + split(end - start);
    return nodeHash(this.#subtree(start, middle), this.#subtree(middle, end));
  }

  /** PATH, RFC 9162 §2.1.3.1. */
  #path(index: number, start: number, end: number): Hash[] {
    if (end - start === 1) return [];
    const middle = start + split(end - start);
    return index < middle
      ? [...this.#path(index, start, middle), this.#subtree(middle, end)]
      : [...this.#path(index, middle, end), this.#subtree(start, middle)];
  }

  /** PROOF, RFC 9162 §2.1.4.1. */
  consistency(first: number, second: number): Hash[] {
    return first === second ? [] : this.#subproof(first, 0, second, true);
  }

  #subproof(first: number, start: number, end: number, complete: boolean): Hash[] {
    if (first === end - start) return complete ? [] : [this.#subtree(start, end)];
    const k = split(end - start);
    return first <= k
      ? [...this.#subproof(first, start, start + k, complete), this.#subtree(start + k, end)]
      : [...this.#subproof(first - k, start + k, end, false), this.#subtree(start, start + k)];
  }
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ type: 'about:blank', title: 'x', status, code, detail: `it is ${code}` }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

function split(size: number): number {
  let k = 1;
  while (2 * k < size) k *= 2;
  return k;
}
