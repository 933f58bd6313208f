/** Rows of a log in memory: real leaves and payloads without a database, a tree or signatures that verify. */
import { generateKeyPairSync } from 'node:crypto';
import { concat, utf8 } from '../../src/core/bytes.ts';
import { leafHash, sha256 } from '../../src/core/hash.ts';
import { parsePublicKey } from '../../src/entry/keys/public-key.ts';
import { schemesOf } from '../../src/entry/keys/signature-scheme.ts';
import { encodeLeaf } from '../../src/entry/leaf/leaf.ts';
import { keyVerifier } from '../../src/entry/leaf/verifier.ts';
import { attachedStatement, STATEMENT_PAYLOAD_TYPE } from '../../src/entry/submission/log-statement.ts';
import type { StoredCheckpoint } from '../../src/log/log.ts';
import type { EntryRow, FeedRow, LogRows, PayloadRow, StoredHead } from '../../src/log/ports.ts';

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const verifier = keyVerifier(parsePublicKey(publicKey.export({ type: 'spki', format: 'der' })));
const signature = { signature: new Uint8Array(70).fill(0x30), verifier, scheme: schemesOf(verifier.key)[0]! };

export interface Payload {
  bytes: Uint8Array;
  type: string;
}

/** A statement about one subject whose digest is the name's hash. */
export function payloadOf(name: string): Payload {
  const subject = [{ name, digest: { sha256: Buffer.from(sha256(utf8(name))).toString('hex') } }];
  const statement = { _type: 'https://in-toto.io/Statement/v1', subject, predicateType: 'urn:test', predicate: {} };
  return { bytes: utf8(JSON.stringify(statement)), type: STATEMENT_PAYLOAD_TYPE };
}

/** Logs the arrival of an entry's payload; without one, a statement that claims an arrival which never was. */
export function attach(rows: StoredEntries, index: number, payload: Payload | undefined): void {
  const { bytes, type } = payload ?? rows.payload(index)!;
  const item = { index, leafHash: rows.entry(index)!.leafHash, payloadSha256: sha256(bytes), payloadType: type };
  const statement = { bytes: attachedStatement({ items: [item] }), type: STATEMENT_PAYLOAD_TYPE };
  const at = rows.add(`statement about ${index} at ${rows.head().size}`, statement);
  if (payload !== undefined) rows.bring(index, payload, at);
}

export class StoredEntries implements LogRows {
  readonly #entries: EntryRow[] = [];
  readonly #payloads = new Map<number, PayloadRow>();

  /** Adds an entry whose signed digest is the name's hash. */
  add(name: string, payload?: Payload): number {
    const index = this.#entries.length;
    const digest = sha256(utf8(name));
    const leaf = encodeLeaf({
      kind: 'hashedrekord',
      version: '0.0.2',
      algorithm: 'SHA2_256',
      digest,
      signatures: [signature],
    });
    this.#entries.push({ index, leaf, leafHash: leafHash(leaf) });
    if (payload !== undefined) this.bring(index, payload, index);
    return index;
  }

  bring(index: number, { bytes, type }: Payload, countsFrom: number): void {
    this.#payloads.set(index, { index, countsFrom, type, bytes, sha256: sha256(bytes) });
  }

  head(): StoredHead {
    return { size: this.#entries.length, root: new Uint8Array(32), note: '', time: 0 };
  }

  entries(start: number, end: number): EntryRow[] {
    return this.#entries.slice(start, end);
  }

  entry(index: number): EntryRow | undefined {
    return this.#entries[index];
  }

  payload(index: number): PayloadRow | undefined {
    return this.#payloads.get(index);
  }

  payloadState(index: number): { countsFrom: number } | undefined {
    return this.#payloads.get(index);
  }

  erased(): undefined {}

  leafHashes(start: number, end: number): Uint8Array {
    return concat(...this.entries(start, end).map((row) => row.leafHash));
  }

  tile(): undefined {}

  tileRoots(): Uint8Array {
    return new Uint8Array(0);
  }

  companions(): Uint8Array[] {
    return [];
  }

  keyStatement(): undefined {}
  feed(): FeedRow[] {
    return [];
  }

  feedSize(): number {
    return 0;
  }

  checkpoint(): undefined {}

  checkpointCovering(): undefined {}

  checkpoints(): StoredCheckpoint[] {
    return [];
  }
}
