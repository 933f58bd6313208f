import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { concat, toHex } from '../../src/core/bytes.ts';
import type * as Hashes from '../../src/core/hash.ts';
import { naiveLeafHash, naiveNodeHash } from './naive-merkle.ts';
import { DIGESTS_BY_HUNDRED, messageOfLength, NIST_EXAMPLES } from './sha256-vectors.ts';

/** Once with Node's own hash, once with that of browsers. */
describe.each(['in Node', 'in a browser'])('%s', (setting) => {
  let hash: typeof Hashes;

  beforeAll(async () => {
    vi.resetModules();
    if (setting === 'in a browser') vi.stubGlobal('process', undefined);
    hash = await import('../../src/core/hash.ts').finally(() => vi.unstubAllGlobals());
  });
  afterAll(() => vi.resetModules());

  it('agrees with node:crypto at every length around the block sizes', () => {
    for (let length = 0; length <= 260; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
      for (const algorithm of ['sha256', 'sha384', 'sha512'] as const) {
        expect(toHex(hash[algorithm](bytes))).toBe(createHash(algorithm).update(bytes).digest('hex'));
      }
      expect(toHex(hash.leafHash(bytes))).toBe(naiveLeafHash(bytes).toString('hex'));
    }
  });

  it('gives the digests of NIST’s examples', () => {
    for (const [message, digest] of NIST_EXAMPLES) expect(toHex(hash.sha256(message))).toBe(digest);
  });

  it('gives the right digest at every length from 0 to 1,100 bytes', () => {
    DIGESTS_BY_HUNDRED.forEach((expected, hundred) => {
      const lengths = Array.from({ length: hundred === 11 ? 1 : 100 }, (_, i) => 100 * hundred + i);
      const digests = lengths.map((length) => hash.sha256(messageOfLength(length)));
      expect(
        createHash('sha256')
          .update(concat(...digests))
          .digest('hex'),
      ).toBe(expected);
    });
  });

  it('hashes large leaves, and small ones after them', () => {
    for (const length of [8190, 8191, 8192, 65_535, 3, 20_000, 0]) {
      const leaf = new Uint8Array(length).fill(length % 251);
      expect(toHex(hash.leafHash(leaf))).toBe(naiveLeafHash(leaf).toString('hex'));
    }
  });

  it('separates leaves from nodes', () => {
    const [left, right] = [hash.leafHash(Uint8Array.of(1)), hash.leafHash(Uint8Array.of(2))];
    expect(toHex(hash.nodeHash(left, right))).toBe(naiveNodeHash(left, right).toString('hex'));
    expect(toHex(hash.nodeHash(left, right))).not.toBe(toHex(hash.leafHash(Uint8Array.of(...left, ...right))));
  });

  it('gives each hash memory of its own', () => {
    const first = hash.leafHash(Uint8Array.of(1));
    const before = toHex(first);
    hash.nodeHash(first, hash.leafHash(Uint8Array.of(2)));
    expect(toHex(first)).toBe(before);
    expect(first.buffer.byteLength).toBe(32);
  });

  it('knows the root of the empty tree', () => {
    expect(toHex(hash.EMPTY_ROOT)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});
