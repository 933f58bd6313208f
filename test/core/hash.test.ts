import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { EMPTY_ROOT, leafHash, nodeHash, sha256 } from '../../src/core/hash.ts';
import { naiveLeafHash, naiveNodeHash } from './naive-merkle.ts';

it('agrees with node:crypto at every length around the block sizes', () => {
  for (let length = 0; length <= 260; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    expect(toHex(sha256(bytes))).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(toHex(leafHash(bytes))).toBe(naiveLeafHash(bytes).toString('hex'));
  }
});

it('separates leaves from nodes', () => {
  const [left, right] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2))];
  expect(toHex(nodeHash(left, right))).toBe(naiveNodeHash(left, right).toString('hex'));
  expect(toHex(nodeHash(left, right))).not.toBe(toHex(leafHash(Uint8Array.of(...left, ...right))));
});

it('knows the root of the empty tree', () => {
  expect(toHex(EMPTY_ROOT)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});
