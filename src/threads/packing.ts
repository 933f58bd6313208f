/**
 * How entries, keys and answers travel between threads: as one buffer a message, transferred and not copied, since
 * cloning thousands of small objects would cost more than checking their signatures. Nothing here is ever stored or
 * hashed.
 */
import { Packr } from 'msgpackr';
import { concat } from '../core/bytes.ts';
import { HASH_LENGTH, type Hash } from '../core/hash.ts';
import type { ItemError, PublishedHead, Receipt } from '../log/log.ts';
import type { IndexedKeys, LoggableEntry } from '../log/planner.ts';
import type { Answer } from '../log/sequencer.ts';
import type { SubmittedEntry } from '../log/signer-limit.ts';

const packr = new Packr({ useRecords: false });

/** Packs into a buffer of its own, which may be transferred. */
function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return Uint8Array.prototype.slice.call(packr.pack(value)) as Uint8Array<ArrayBuffer>;
}

type PackedEntry = [
  ticket: number,
  item: number,
  leaf: Uint8Array,
  leafHash: Uint8Array,
  companion: Uint8Array | null,
  keys: number[],
  payload: Uint8Array | null,
  payloadType: string | null,
  payloadSha256: Uint8Array | null,
  signers: Uint8Array[],
];

export function packEntries(entries: SubmittedEntry[]): Uint8Array<ArrayBuffer> {
  return pack(
    entries.map(
      ({ ticket, item, signers, entry: { leaf, leafHash, companion, keys, payload } }): PackedEntry => [
        ticket,
        item,
        leaf,
        leafHash,
        companion ?? null,
        keys,
        payload?.bytes ?? null,
        payload?.type ?? null,
        payload?.sha256 ?? null,
        signers,
      ],
    ),
  );
}

export function unpackEntries(packed: Uint8Array): SubmittedEntry[] {
  return (packr.unpack(packed) as PackedEntry[]).map((row) => {
    const [ticket, item, leaf, leafHash, companion, keys, bytes, type, sha256, signers] = row;
    const payload = bytes === null ? undefined : { bytes, type: type!, sha256: sha256! };
    // The tree's edge keeps leaf hashes long after the batch: each must not hold on to a whole message.
    const ownHash = new Uint8Array(leafHash);
    const entry: LoggableEntry = { leaf, leafHash: ownHash, payload, companion: companion ?? undefined, keys };
    return { ticket, item, signers, entry };
  });
}

type PackedKeys = [start: number, keys: number[][], extras: [position: number, key: number, index: number][]];

/** @param indexed consecutive entries */
export function packIndexed(indexed: IndexedKeys[]): Uint8Array<ArrayBuffer> {
  const extras = indexed.flatMap(({ extra }, position) =>
    extra.map(({ key, index }): PackedKeys[2][number] => [position, key, index]),
  );
  const packed: PackedKeys = [indexed[0]?.index ?? 0, indexed.map(({ keys }) => keys), extras];
  return pack(packed);
}

export function unpackIndexed(packed: Uint8Array): IndexedKeys[] {
  const [start, keys, extras] = packr.unpack(packed) as PackedKeys;
  const indexed = keys.map((own, i): IndexedKeys => ({ index: start + i, keys: own, extra: [] }));
  for (const [position, key, index] of extras) indexed[position]!.extra.push({ key, index });
  return indexed;
}

/** A receipt under the newest head leaves out what the head says; any other travels whole. */
type PackedAnswer = [
  ticket: number,
  item: number,
  outcome:
    | [index: number, leafHash: Uint8Array, duplicate: boolean, payload: Receipt['payload'], hashes: Uint8Array]
    | { receipt: Receipt }
    | { error: ItemError },
];

/** @param head the newest published head; whoever unpacks must have heard of the same one */
export function packAnswers(answers: Answer[], head: PublishedHead): Uint8Array<ArrayBuffer> {
  return pack(
    answers.map(({ ticket, item, outcome }): PackedAnswer => {
      const { receipt, error } = outcome;
      if (error !== undefined) return [ticket, item, { error }];
      const isUnderHead = receipt.checkpoint === head.note && receipt.attachedAt === undefined;
      if (!isUnderHead) return [ticket, item, { receipt }];
      const { index, leafHash, duplicate, payload, inclusionProof } = receipt;
      return [ticket, item, [index, leafHash, duplicate, payload, concat(...inclusionProof.hashes)]];
    }),
  );
}

export function unpackAnswers(packed: Uint8Array, head: PublishedHead): Answer[] {
  return (packr.unpack(packed) as PackedAnswer[]).map(([ticket, item, outcome]) => {
    if (!Array.isArray(outcome)) return { ticket, item, outcome };
    const [index, leafHash, duplicate, payload, hashes] = outcome;
    const inclusionProof = { index, treeSize: head.size, rootHash: head.root, hashes: splitHashes(hashes) };
    const receipt: Receipt = { index, leafHash, duplicate, inclusionProof, checkpoint: head.note, payload };
    return { ticket, item, outcome: { receipt } };
  });
}

function splitHashes(joined: Uint8Array): Hash[] {
  const hashes: Hash[] = [];
  for (let start = 0; start < joined.length; start += HASH_LENGTH) {
    hashes.push(joined.subarray(start, start + HASH_LENGTH));
  }
  return hashes;
}
