import fc from 'fast-check';
import { pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { checkMsgpackItems } from '../../../src/entry/encoding/strict-msgpack.ts';
import { codeOf } from '../code-of.ts';

const LIMITS = { items: 10, valuesPerItem: 1000, depth: 8 };
const check = (bytes: Uint8Array) => checkMsgpackItems(bytes, LIMITS);
const code = (...bytes: number[]) => codeOf(() => check(Uint8Array.from(bytes)));

describe('a msgpack body', () => {
  it('is counted as it was encoded', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }),
    );
    const item = fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.oneof(scalar, fc.array(scalar)),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 10 }), (items) => {
        expect(check(pack(items))).toBe(items.length);
      }),
    );
  });

  it('may use every width of a length', () => {
    const long = 'x'.repeat(70_000);
    expect(check(pack([{ a: long, b: 'x'.repeat(300), c: new Uint8Array(70_000), d: Array(300).fill(1) }]))).toBe(1);
  });

  it('of too many items is refused by its first bytes', () => {
    expect(code(0xdd, 0xff, 0xff, 0xff, 0xff)).toBe('limit_exceeded');
    expect(code(0xdc, 0x00, 0x0b)).toBe('limit_exceeded');
  });

  it('of too many values in an item is refused, however they are nested', () => {
    const bomb = new Uint8Array(5000).fill(0x80);
    bomb.set([0x91, 0xdd, 0x00, 0x00, 0x13, 0x82]);
    expect(codeOf(() => check(bomb))).toBe('limit_exceeded');
    expect(codeOf(() => check(new Uint8Array(100).fill(0x91)))).toBe('limit_exceeded');
  });

  it.each([
    ['nothing', []],
    ['a map', [0x80]],
    ['an end within a length', [0x91, 0xda, 0x01]],
    ['an end within a text', [0x91, 0xa5, 0x61]],
    ['something behind the array', [0x90, 0xc0]],
    ['a repeated key', [0x91, 0x82, 0xa1, 0x61, 0x01, 0xa1, 0x61, 0x02]],
    ['a key that is a number', [0x91, 0x81, 0x01, 0x01]],
    ['a key that is no UTF-8', [0x91, 0x81, 0xa1, 0xff, 0x01]],
    ['an extension type', [0x91, 0xd4, 0x72, 0x40]],
    ['the type byte that means nothing', [0x91, 0xc1]],
  ])('is refused for %s', (_, bytes) => {
    expect(code(...bytes)).toBe('malformed_msgpack');
  });

  it('with __proto__ as a key is refused', () => {
    expect(codeOf(() => check(pack([JSON.parse('{"__proto__": 1}')])))).toBe('malformed_msgpack');
  });
});
