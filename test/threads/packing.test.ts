import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemOutcome, Receipt } from '../../src/log/log.ts';
import type { SubmittedEntry } from '../../src/log/signer-limit.ts';
import {
  packAnswers,
  packEntries,
  packIndexed,
  unpackAnswers,
  unpackEntries,
  unpackIndexed,
} from '../../src/threads/packing.ts';

/** Byte arrays as such, whatever class they came in. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
};

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const key = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const index = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));
const option = <T>(inner: fc.Arbitrary<T>) => fc.option(inner, { nil: undefined });

const pooled: fc.Arbitrary<SubmittedEntry> = fc.record({
  ticket: index,
  item: fc.nat(1000),
  returnsLeaf: fc.boolean(),
  unlessKnown: option(fc.record({ code: fc.constant('certificate_rejected' as const), message: fc.string() })),
  signers: fc.array(hash),
  entry: fc.record({
    leaf: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    leafHash: hash,
    payload: option(fc.record({ bytes: fc.uint8Array(), type: fc.string(), sha256: hash })),
    control: fc.boolean(),
    companion: option(fc.uint8Array()),
    stamp: option(fc.uint8Array()),
    keys: fc.array(key, { minLength: 1 }),
  }),
});

describe('entries', () => {
  it('arrive as they were sent', () => {
    fc.assert(
      fc.property(fc.array(pooled, { maxLength: 20 }), (entries) => {
        expect(plain(unpackEntries(packEntries(entries)))).toEqual(plain(entries));
      }),
    );
  });
});

const proof = fc.record({
  index,
  treeSize: index,
  rootHash: hash,
  hashes: fc.array(hash, { maxLength: 53 }),
});
const receipt: fc.Arbitrary<Receipt> = fc
  .record({
    index,
    leafHash: hash,
    duplicate: fc.boolean(),
    inclusionProof: proof,
    checkpoint: fc.string(),
    time: index,
    leaf: option(fc.uint8Array({ minLength: 1, maxLength: 100 })),
    payload: fc.constantFrom('stored', 'attached', 'absent', 'erased'),
    attachedAt: option(fc.record({ index, inclusionProof: proof, checkpoint: fc.string() })),
  })
  .map(({ leaf, attachedAt, ...rest }) => ({ ...rest, ...(leaf && { leaf }), ...(attachedAt && { attachedAt }) }));
const error = fc.record({ code: fc.constant('halted' as const), message: fc.string(), retryAfter: fc.nat() });

const head = { size: 9, root: new Uint8Array(32).fill(9), note: 'the newest note', time: 1 };
/** As most are: new under the head, which the packed form leaves out. */
const underHead = receipt.map(({ attachedAt: _, ...one }) => ({
  ...one,
  checkpoint: head.note,
  time: head.time,
  inclusionProof: { ...one.inclusionProof, index: one.index, treeSize: head.size, rootHash: head.root },
}));

it('brings answers as they were given', () => {
  const outcome: fc.Arbitrary<ItemOutcome> = fc.oneof(
    receipt.map((one) => ({ receipt: one })),
    underHead.map((one) => ({ receipt: one })),
    error.map((one) => ({ error: one })),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ ticket: index, item: fc.nat(), outcome }), { maxLength: 10 }), (answers) => {
      expect(plain(unpackAnswers(packAnswers(answers, head), head))).toEqual(plain(answers));
    }),
  );
});

it('brings keys and indexes exactly, beyond 32 bits too', () => {
  const indexed = fc.record({
    keys: fc.array(key),
    extra: fc.array(fc.record({ key, index })),
  });
  fc.assert(
    fc.property(index, fc.array(indexed), (start, some) => {
      const all = some.map((one, i) => ({ ...one, index: start + i }));
      expect(unpackIndexed(packIndexed(all))).toEqual(all);
    }),
  );
});

it('packs into memory of its own, to be transferred', () => {
  for (const packed of [packEntries([]), packAnswers([], head), packIndexed([{ index: 1, keys: [2], extra: [] }])]) {
    expect(packed.buffer.byteLength).toBe(packed.length);
  }
});
