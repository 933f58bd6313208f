import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { chooseNodeHasher, nodeHasher, portableNodeHasher } from '../../src/core/node-hasher.ts';
import { loadSha256Kernel } from '../../src/core/sha256-kernel.ts';
import { naiveNodeHash } from './naive-merkle.ts';
import { compareNodes } from './node-differential.ts';

const hashers = { 'the SIMD kernel': nodeHasher(), '@noble/hashes': portableNodeHasher('') };

it('uses the kernel here', () => {
  expect(nodeHasher()).toMatchObject({ implementation: 'wasm-simd', reason: undefined });
  expect(nodeHasher()).toBe(nodeHasher());
});

describe.each(Object.entries(hashers))('%s', (_, hasher) => {
  it('agrees at every batch size from 0 to 40, at every offset from 0 to 17', () => {
    for (let count = 0; count <= 40; count++) {
      for (let from = 0; from <= 17; from++) compareNodes(hasher, count, from);
    }
  });

  it('hashes in place', () => {
    for (const count of [1, 2, 3, 4, 5, 7, 8, 100]) {
      const space = hasher.workspace(64 * count + 96);
      for (let i = 0; i < 64 * count; i++) space[i] = i * 13;
      const pairs = space.slice(0, 64 * count);
      hasher.hashPairs(0, 0, count);
      for (let i = 0; i < count; i++) {
        const expected = naiveNodeHash(pairs.subarray(64 * i, 64 * i + 32), pairs.subarray(64 * i + 32, 64 * i + 64));
        expect(toHex(hasher.workspace(0).subarray(32 * i, 32 * (i + 1)))).toBe(toHex(expected));
      }
    }
  });

  it('keeps to its result and the overrun behind it', () => {
    for (let count = 1; count <= 9; count++) {
      const end = 64 * count + 32 * count;
      const space = hasher.workspace(end + 200);
      space.fill(0xa5, 64 * count, end + 200);
      hasher.hashPairs(0, 64 * count, count);
      expect([...space.subarray(end + 96, end + 200)]).toEqual(Array(104).fill(0xa5));
    }
  });

  it('keeps what is in the workspace while that grows', () => {
    hasher.workspace(64).set(Uint8Array.of(1, 2, 3));
    const larger = hasher.workspace(3_000_000);
    expect([larger.length >= 3_000_000, ...larger.subarray(0, 3)]).toEqual([true, 1, 2, 3]);
  });
});

/** Random pairs; `npm run test:hashing` has a hundred times as many. */
const NODES = Number(process.env.COUNTERSIGN_HASHED_NODES ?? 1_000_000);
const MILLISECONDS_PER_NODE = 0.05;

it(`agrees on ${NODES.toLocaleString('en')} random nodes`, { timeout: 20_000 + NODES * MILLISECONDS_PER_NODE }, () => {
  for (let left = NODES, from = 0; left > 0; from = (from + 1) % 64) {
    const count = Math.min(left, 9_973);
    compareNodes(nodeHasher(), count, from);
    left -= count;
  }
});

describe('falls back to @noble/hashes, saying why', () => {
  it('where the engine has no SIMD', () => {
    const hasher = chooseNodeHasher(() => {
      throw new WebAssembly.CompileError('Wasm SIMD unsupported');
    });
    expect(hasher.implementation).toBe('noble');
    expect(hasher.reason).toContain('Wasm SIMD unsupported');
    compareNodes(hasher, 9, 0);
  });

  it.each(['hashGroups', 'hashEach'] as const)('where %s computes a single wrong hash', (broken) => {
    const hasher = chooseNodeHasher((memory) => {
      const kernel = loadSha256Kernel(memory);
      return {
        ...kernel,
        [broken](from: number, to: number, count: number) {
          kernel[broken](from, to, count);
          const last = to + 32 * (broken === 'hashGroups' ? 4 * count : count) - 1;
          new Uint8Array(memory.buffer)[last]! ^= 0x10;
        },
      };
    });
    expect(hasher).toMatchObject({ implementation: 'noble', reason: 'the SIMD kernel computed a wrong hash' });
    compareNodes(hasher, 9, 0);
  });

  it('where there is no WebAssembly at all', () => {
    const { WebAssembly } = globalThis;
    Reflect.deleteProperty(globalThis, 'WebAssembly');
    try {
      expect(chooseNodeHasher(loadSha256Kernel).implementation).toBe('noble');
    } finally {
      Object.assign(globalThis, { WebAssembly });
    }
  });
});
