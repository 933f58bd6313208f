/** Hashing of leaves and nodes by every implementation that this Node offers. */
import { createHash, hash, randomBytes } from 'node:crypto';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { HASH_LENGTH, leafHash, nodeHash } from '../src/core/hash.ts';
import { type Candidate, type Effort, measure } from './measure.ts';
import { formatSpread, type Row, type Section } from './report.ts';

const LEAF_LENGTHS = [64, 256, 1_000, 4_000, 10_000];
const OPERATIONS = 32;

interface Implementation {
  name: string;
  leaf: (bytes: Uint8Array) => Uint8Array;
  node: (left: Uint8Array, right: Uint8Array) => Uint8Array;
}

/** The one-shot functions want a leaf in one piece with its prefix; the copy is part of what they cost. */
const joined = Buffer.alloc(1 + Math.max(...LEAF_LENGTHS));

function leafInOnePiece(bytes: Uint8Array): Uint8Array {
  joined[0] = 0x00;
  joined.set(bytes, 1);
  return joined.subarray(0, 1 + bytes.length);
}

function nodeInOnePiece(left: Uint8Array, right: Uint8Array): Uint8Array {
  joined[0] = 0x01;
  joined.set(left, 1);
  joined.set(right, 1 + HASH_LENGTH);
  return joined.subarray(0, 1 + 2 * HASH_LENGTH);
}

const IMPLEMENTATIONS: Implementation[] = [
  {
    name: '@noble/hashes',
    leaf: (bytes) => nobleSha256(leafInOnePiece(bytes)),
    node: (left, right) => nobleSha256(nodeInOnePiece(left, right)),
  },
  { name: 'core, as the log uses it', leaf: leafHash, node: nodeHash },
  {
    name: 'crypto.createHash',
    leaf: (bytes) => createHash('sha256').update(Uint8Array.of(0x00)).update(bytes).digest(),
    node: (left, right) => createHash('sha256').update(nodeInOnePiece(left, right)).digest(),
  },
  {
    name: 'crypto.hash, buffer',
    leaf: (bytes) => hash('sha256', leafInOnePiece(bytes), 'buffer'),
    node: (left, right) => hash('sha256', nodeInOnePiece(left, right), 'buffer'),
  },
  {
    name: 'crypto.hash, hex to bytes',
    leaf: (bytes) => Buffer.from(hash('sha256', leafInOnePiece(bytes), 'hex'), 'hex'),
    node: (left, right) => Buffer.from(hash('sha256', nodeInOnePiece(left, right), 'hex'), 'hex'),
  },
];

/** One node hash by @noble/hashes, the unit in which other work is stated. */
export function nobleNodeHash(): Candidate {
  const bytes = randomBytes(1 + 2 * HASH_LENGTH);
  const run = () => {
    for (let i = 0; i < OPERATIONS; i++) nobleSha256(bytes);
  };
  return { name: 'node hash', operations: OPERATIONS, run };
}

export function benchHashing(effort: Effort): Section {
  const [left, right] = [randomBytes(HASH_LENGTH), randomBytes(HASH_LENGTH)];
  const rows = rowsFor('node', 2 * HASH_LENGTH, effort, ({ node }) => node(left, right));
  for (const length of LEAF_LENGTHS) {
    const bytes = randomBytes(length);
    rows.push(...rowsFor('leaf', length, effort, ({ leaf }) => leaf(bytes)));
  }
  const notes = ['bytes: without the prefix. ratio: time by @noble/hashes divided by this; above 1 is faster.'];
  return { name: 'hashing', title: 'Hashing: SHA-256 of a leaf and of a node', rows, notes };
}

function rowsFor(what: string, bytes: number, effort: Effort, once: (by: Implementation) => Uint8Array): Row[] {
  const expected = Buffer.from(once(IMPLEMENTATIONS[0]!));
  const candidates = IMPLEMENTATIONS.map((implementation) => {
    if (!expected.equals(once(implementation))) throw new Error(`${implementation.name} computes another hash`);
    const run = () => {
      for (let i = 0; i < OPERATIONS; i++) once(implementation);
    };
    return { name: implementation.name, operations: OPERATIONS, run };
  });
  const timings = measure(candidates, effort);
  return timings.map(({ name, nanoseconds, spread }) => ({
    what,
    bytes,
    by: name,
    'ns/op': nanoseconds,
    spread: formatSpread(spread),
    'op/s': 1e9 / nanoseconds,
    ratio: timings[0]!.nanoseconds / nanoseconds,
  }));
}
