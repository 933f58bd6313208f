import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/core/bytes.ts';
import { openCheckpoint } from '../../src/core/checkpoint.ts';
import { CompactRange } from '../../src/core/compact-range.ts';
import { cosigner, openCosignature } from '../../src/core/cosignature.ts';
import { leafHash } from '../../src/core/hash.ts';
import { ed25519NoteSigner, formatNote, signNote, verifierOf } from '../../src/core/note.ts';
import { verifyConsistency, verifyInclusion } from '../../src/core/proof.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from '../../src/core/tlog-proof.ts';
import { type MerkleVectors, merkleVectors, type NoteVectors, noteVectors } from './vectors/make.ts';

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8')) as T;
}

describe('the files', () => {
  it('are what the naive implementation makes', () => {
    expect(read('merkle')).toEqual(merkleVectors());
    expect(read('note')).toEqual(noteVectors());
  });
});

describe('merkle.json', () => {
  const vectors = read<MerkleVectors>('merkle');

  it('has the roots of the first sizes', () => {
    const range = CompactRange.empty();
    for (const [size, root] of vectors.roots.entries()) {
      expect(toHex(range.root())).toBe(root);
      range.append(leafHash(Buffer.from(`leaf ${size}`)));
    }
  });

  it.each(vectors.inclusion)('verifies leaf $index of size $size', (vector) => {
    verifyInclusion({
      index: Number(vector.index),
      size: Number(vector.size),
      leafHash: fromHex(vector.leafHash),
      root: fromHex(vector.root),
      proof: vector.proof.map((hash) => fromHex(hash)),
    });
  });

  it.each(vectors.consistency)('verifies size $first in size $second', (vector) => {
    verifyConsistency({
      first: Number(vector.first),
      second: Number(vector.second),
      firstRoot: fromHex(vector.firstRoot),
      secondRoot: fromHex(vector.secondRoot),
      proof: vector.proof.map((hash) => fromHex(hash)),
    });
  });
});

describe('note.json', () => {
  const vectors = read<NoteVectors>('note');
  const log = verifierOf(vectors.logKey);

  it('opens, with the size and the time it was cosigned', () => {
    const checkpoint = openCheckpoint(vectors.checkpoint, log);
    expect(checkpoint).toMatchObject({ origin: 'log.example.com', size: 5, extensions: [] });
    expect(checkpoint.signatures).toHaveLength(3);
    expect(openCosignature(vectors.checkpoint, verifierOf(vectors.timeKey))).toEqual({ time: vectors.time });
  });

  it('is signed again byte for byte', () => {
    const { text, signatures } = openCheckpoint(vectors.checkpoint, log);
    const time = cosigner('log.example.com/time', new Uint8Array(32).fill(2));
    const note = signNote(text, [
      ed25519NoteSigner('log.example.com', new Uint8Array(32).fill(1)),
      time.at(vectors.time),
    ]);
    expect(vectors.checkpoint.startsWith(note)).toBe(true);
    expect(formatNote(text, signatures)).toBe(vectors.checkpoint);
  });

  it('proves leaf 3, and is written again byte for byte', () => {
    const proof = parseTlogProof(vectors.tlogProof);
    expect(verifyTlogProof(proof, fromHex(vectors.leaves[3]!), log).size).toBe(5);
    expect(proof.extra).toEqual(Uint8Array.of(0, 1, 2));
    expect(formatTlogProof(proof)).toBe(vectors.tlogProof);
  });
});
