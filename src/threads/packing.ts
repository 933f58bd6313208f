/**
 * How entries, keys and answers travel between threads: as one buffer a message, transferred and not copied, since
 * cloning thousands of small objects would cost more than checking their signatures.
 */
import { Packr } from 'msgpackr';
import { decodeUtf8, utf8 } from '../core/bytes.ts';
import { HASH_LENGTH, type Hash } from '../core/hash.ts';
import type { ItemError, ItemOutcome, PayloadStatus, PublishedHead, Receipt } from '../log/log.ts';
import type { IndexedKeys, LoggableEntry } from '../log/planner.ts';
import type { Answer } from '../log/sequencer.ts';
import type { SubmittedEntry } from '../log/signer-limit.ts';
import { BufferReader, BufferWriter } from './numbers-then-bytes.ts';

/** Stands for the length of a byte string that is not there. */
const ABSENT = -1;

const packr = new Packr({ useRecords: false });

export function packEntries(entries: readonly SubmittedEntry[]): Uint8Array<ArrayBuffer> {
  const writer = new BufferWriter();
  writer.number(entries.length);
  for (const { ticket, item, returnsLeaf, unlessKnown, signers, entry } of entries) {
    const { leaf, leafHash, companion, stamp, keys, payload, control = false } = entry;
    writer.number(ticket);
    writer.number(item);
    writer.number(returnsLeaf ? 1 : 0);
    writeOptional(writer, unlessKnown && packr.pack(unlessKnown));
    writer.number(signers.length);
    for (const signer of signers) writer.fixed(signer);
    writer.bytes(leaf);
    writer.fixed(leafHash);
    writeKeys(writer, keys);
    writeOptional(writer, companion);
    writeOptional(writer, stamp);
    if (payload === undefined) writer.number(ABSENT);
    else {
      writer.bytes(payload.bytes);
      writer.bytes(utf8(payload.type));
      writer.fixed(payload.sha256);
    }
    writer.number(control ? 1 : 0);
  }
  return writer.finish();
}

export function unpackEntries(packed: Uint8Array): SubmittedEntry[] {
  const reader = new BufferReader(packed);
  return Array.from({ length: reader.number() }, (): SubmittedEntry => {
    const ticket = reader.number();
    const item = reader.number();
    const returnsLeaf = reader.number() === 1;
    const refusal = readOptional(reader);
    const signers = Array.from({ length: reader.number() }, () => reader.fixed(HASH_LENGTH));
    const leaf = reader.bytes();
    const leafHash = reader.fixed(HASH_LENGTH);
    const keys = readKeys(reader);
    const companion = readOptional(reader);
    const stamp = readOptional(reader);
    const bytes = readOptional(reader);
    const payload = bytes && { bytes, type: decodeUtf8(reader.bytes())!, sha256: reader.fixed(HASH_LENGTH) };
    const control = reader.number() === 1;
    const entry: LoggableEntry = { leaf, leafHash, payload, control, companion, stamp, keys };
    const unlessKnown = refusal && (packr.unpack(refusal) as ItemError);
    return { ticket, item, returnsLeaf, unlessKnown, signers, entry };
  });
}

function writeOptional(writer: BufferWriter, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) writer.number(ABSENT);
  else writer.bytes(bytes);
}

function readOptional(reader: BufferReader): Uint8Array | undefined {
  const length = reader.number();
  return length === ABSENT ? undefined : reader.fixed(length);
}

function writeKeys(writer: BufferWriter, keys: readonly number[]): void {
  writer.number(keys.length);
  for (const key of keys) writer.number(key);
}

function readKeys(reader: BufferReader): number[] {
  const keys: number[] = [];
  for (let left = reader.number(); left > 0; left--) keys.push(reader.number());
  return keys;
}

/** @param indexed consecutive entries */
export function packIndexed(indexed: readonly IndexedKeys[]): Uint8Array<ArrayBuffer> {
  const writer = new BufferWriter();
  writer.number(indexed.length);
  writer.number(indexed[0]?.index ?? 0);
  for (const { keys, extra } of indexed) {
    writeKeys(writer, keys);
    writer.number(extra.length);
    for (const { key, index } of extra) {
      writer.number(key);
      writer.number(index);
    }
  }
  return writer.finish();
}

export function unpackIndexed(packed: Uint8Array): IndexedKeys[] {
  const reader = new BufferReader(packed);
  const length = reader.number();
  const start = reader.number();
  return Array.from({ length }, (_, i): IndexedKeys => {
    const keys = readKeys(reader);
    const extra = Array.from({ length: reader.number() }, () => ({ key: reader.number(), index: reader.number() }));
    return { index: start + i, keys, extra };
  });
}

const STATUSES: readonly PayloadStatus[] = ['stored', 'attached', 'absent', 'erased'];
/** A receipt under the newest head, which leaves out what the head says. */
const UNDER_HEAD = 0;
/** The same, with its leaf at the end. */
const UNDER_HEAD_WITH_LEAF = 1;
/** Any other outcome: rare, and of many shapes. */
const AS_IT_IS = 2;

/** @param head the newest published head; whoever unpacks must have heard of the same one */
export function packAnswers(answers: readonly Answer[], head: PublishedHead): Uint8Array<ArrayBuffer> {
  const writer = new BufferWriter();
  writer.number(answers.length);
  for (const { ticket, item, outcome } of answers) {
    writer.number(ticket);
    writer.number(item);
    const { receipt } = outcome;
    if (receipt?.checkpoint === head.note && receipt.attachedAt === undefined) {
      writer.number(receipt.leaf === undefined ? UNDER_HEAD : UNDER_HEAD_WITH_LEAF);
      writer.number(receipt.index);
      writer.number(receipt.duplicate ? 1 : 0);
      writer.number(STATUSES.indexOf(receipt.payload));
      writer.fixed(receipt.leafHash);
      writer.number(receipt.inclusionProof.hashes.length);
      for (const hash of receipt.inclusionProof.hashes) writer.fixed(hash);
      if (receipt.leaf !== undefined) writer.bytes(receipt.leaf);
    } else {
      writer.number(AS_IT_IS);
      writer.bytes(packr.pack(outcome));
    }
  }
  return writer.finish();
}

export function unpackAnswers(packed: Uint8Array, head: PublishedHead): Answer[] {
  const reader = new BufferReader(packed);
  return Array.from({ length: reader.number() }, (): Answer => {
    const ticket = reader.number();
    const item = reader.number();
    const form = reader.number();
    if (form === AS_IT_IS) return { ticket, item, outcome: packr.unpack(reader.bytes()) as ItemOutcome };
    const receipt = readUnderHead(reader, head);
    if (form === UNDER_HEAD_WITH_LEAF) receipt.leaf = reader.bytes();
    const outcome: ItemOutcome = { receipt };
    return { ticket, item, outcome };
  });
}

function readUnderHead(reader: BufferReader, head: PublishedHead): Receipt {
  const index = reader.number();
  const duplicate = reader.number() === 1;
  const payload = STATUSES[reader.number()]!;
  const leafHash = reader.fixed(HASH_LENGTH);
  const hashes: Hash[] = [];
  for (let left = reader.number(); left > 0; left--) hashes.push(reader.fixed(HASH_LENGTH));
  const inclusionProof = { index, treeSize: head.size, rootHash: head.root, hashes };
  return { index, leafHash, duplicate, inclusionProof, checkpoint: head.note, time: head.time, payload };
}
