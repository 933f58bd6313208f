import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes.ts';
import { lookupTerms, payloadTerms } from '../../../src/entry/leaf/lookup.ts';
import { lookupKey, lookupKeys } from '../../../src/log/index/lookup-key.ts';
import { storedKeys, storedSegments } from '../../../src/log/index/stored-keys.ts';
import { attach, payloadOf, StoredEntries } from '../stored-entries.ts';

const salt = new Uint8Array(16).fill(3);

describe('storedKeys', () => {
  it('derives what each entry can be found by from its leaf and its payload', () => {
    const rows = new StoredEntries();
    rows.add('one', payloadOf('one'));
    rows.add('two');
    const [one, two] = [...storedKeys(rows, salt, 0, 2)];
    const leaves = rows.entries(0, 2);
    expect(one).toEqual({
      index: 0,
      keys: lookupKeys(salt, lookupTerms(leaves[0]!.leaf, payloadOf('one'))),
      extra: [],
    });
    expect(two!.keys[0]).toBe(lookupKey(salt, { kind: 'leaf', value: toHex(leaves[1]!.leafHash) }));
  });

  it('reads the range that is asked for, across chunks', () => {
    const rows = new StoredEntries();
    for (let index = 0; index < 600; index++) rows.add(String(index));
    const indexes = [...storedKeys(rows, salt, 255, 520)].map(({ index }) => index);
    expect(indexes).toEqual(Array.from({ length: 265 }, (_, i) => 255 + i));
  });

  it('announces an attached payload with the statement that attached it', () => {
    const rows = new StoredEntries();
    rows.add('early');
    attach(rows, 0, payloadOf('early'));
    const [statement] = [...storedKeys(rows, salt, 1, 2)];
    const keys = lookupKeys(salt, payloadTerms(payloadOf('early')));
    expect(statement!.extra).toEqual(keys.map((key) => ({ key, index: 0 })));
  });

  it('believes no statement about a payload that came with its own submission', () => {
    const rows = new StoredEntries();
    rows.add('early', payloadOf('early'));
    attach(rows, 0, undefined);
    expect([...storedKeys(rows, salt, 1, 2)][0]!.extra).toEqual([]);
  });
});

describe('storedSegments', () => {
  it('cuts the range into full segments and a rest', () => {
    const rows = new StoredEntries();
    for (let index = 0; index < 12; index++) rows.add(String(index));
    const bounds = (start: number, end: number) =>
      [...storedSegments(rows, salt, start, end, { segmentLength: 4 })].map((segment) => [segment.start, segment.end]);
    expect([bounds(3, 12), bounds(4, 12), bounds(5, 5)]).toEqual([
      [
        [3, 7],
        [7, 11],
        [11, 12],
      ],
      [
        [4, 8],
        [8, 12],
      ],
      [],
    ]);
  });
});
