/** Reads a log's JSON answers. What does not have the documented form is `answer_unexpected`. */
import { decodeUtf8, fromHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { HASH_LENGTH, type Hash } from '../core/hash.ts';

export type JsonObject = Record<string, unknown>;

/** An inclusion proof as stated: its form is right, nothing of it is verified. */
export interface StatedInclusion {
  index: number;
  treeSize: number;
  rootHash: Hash;
  hashes: Hash[];
}

/** The answer to a submission as stated. */
export interface StatedReceipt {
  index: number;
  leafHash: Hash;
  duplicate: boolean;
  inclusionProof: StatedInclusion;
  checkpoint: string;
  payload: 'stored' | 'attached' | 'absent' | 'erased';
  attachedAt: { index: number; inclusionProof: StatedInclusion; checkpoint: string } | undefined;
}

/** @throws LogError answer_unexpected */
export function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(body) ?? '');
  } catch {
    throw unexpected('the answer is not JSON');
  }
}

export function readObject(value: unknown, name: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(`${name} is not an object`);
  return value as JsonObject;
}

export function readString(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value !== 'string') throw unexpected(`${name} is not a string`);
  return value;
}

export function readList(object: JsonObject, name: string): unknown[] {
  const value = object[name];
  if (!Array.isArray(value)) throw unexpected(`${name} is not a list`);
  return value;
}

/** A size or an index. */
export function readNumber(object: JsonObject, name: string): number {
  const value = object[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw unexpected(`${name} is not a number from 0 to 2^53-1`);
  }
  return value;
}

export function readHash(object: JsonObject, name: string): Hash {
  return hashOf(object[name], name);
}

export function readHashes(object: JsonObject, name: string): Hash[] {
  return readList(object, name).map((hash) => hashOf(hash, name));
}

export function readInclusion(value: unknown): StatedInclusion {
  const proof = readObject(value, 'inclusionProof');
  return {
    index: readNumber(proof, 'index'),
    treeSize: readNumber(proof, 'treeSize'),
    rootHash: readHash(proof, 'rootHash'),
    hashes: readHashes(proof, 'hashes'),
  };
}

export function readReceipt(value: unknown): StatedReceipt {
  const receipt = readObject(value, 'the receipt');
  const payload = readString(receipt, 'payload');
  if (payload !== 'stored' && payload !== 'attached' && payload !== 'absent' && payload !== 'erased') {
    throw unexpected('payload is in a state that this version does not know');
  }
  return {
    index: readNumber(receipt, 'index'),
    leafHash: readHash(receipt, 'leafHash'),
    duplicate: receipt.duplicate === true,
    inclusionProof: readInclusion(receipt.inclusionProof),
    checkpoint: readString(receipt, 'checkpoint'),
    payload,
    attachedAt: receipt.attachedAt === undefined ? undefined : readAttachedAt(receipt.attachedAt),
  };
}

export function unexpected(message: string): LogError {
  return new LogError('answer_unexpected', `the log's answer cannot be used: ${message}`);
}

function readAttachedAt(value: unknown): NonNullable<StatedReceipt['attachedAt']> {
  const attachedAt = readObject(value, 'attachedAt');
  return {
    index: readNumber(attachedAt, 'index'),
    inclusionProof: readInclusion(attachedAt.inclusionProof),
    checkpoint: readString(attachedAt, 'checkpoint'),
  };
}

function hashOf(value: unknown, name: string): Hash {
  if (typeof value !== 'string' || value.length !== 2 * HASH_LENGTH || !/^[0-9a-f]*$/.test(value)) {
    throw unexpected(`${name} is not a SHA-256 in lower-case hexadecimal`);
  }
  return fromHex(value);
}
