import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { PAYLOAD_LIMITS, parseStrictJson, REQUEST_LIMITS } from '../../../src/entry/encoding/strict-json.ts';
import { codeOf } from '../code-of.ts';

const parse = (text: string) => parseStrictJson(utf8(text));

describe('strict JSON', () => {
  it('reads what JSON.stringify writes', () => {
    const limits = { depth: 64, members: 10_000, safeIntegers: false };
    const value = fc.jsonValue().filter((candidate) => !JSON.stringify(candidate).includes('__proto__'));
    fc.assert(
      fc.property(value, (any) => {
        const text = JSON.stringify(any);
        expect(parseStrictJson(utf8(text), limits)).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });

  it('finds every repeated name, wherever it is', () => {
    const name = fc.constantFrom('a', 'b', 'c', '', '"', '\\', ':', '{');
    fc.assert(
      fc.property(fc.array(name, { maxLength: 6 }), (names) => {
        const text = `{${names.map((one, i) => `${JSON.stringify(one)}:${i % 2 ? '{":":"\\\\\\":"}' : '"}:{"'}`).join(',')}}`;
        const repeated = new Set(names).size !== names.length;
        expect(codeOf(() => parse(text))).toBe(repeated ? 'malformed_json' : undefined);
      }),
    );
  });

  it.each([
    ['an empty text', ''],
    ['white space', ' \n'],
    ['trailing bytes', '{} x'],
    ['two documents', '{}{}'],
    ['a byte order mark', '\ufeff{}'],
    ['a repeated name', '{"a":1,"a":1}'],
    ['a repeated name, one of them escaped', '{"a":1,"\\u0061":1}'],
    ['a repeated name deep inside', '[{"x":[{"a":1,"b":2,"a":3}]}]'],
    ['__proto__', '{"__proto__":1}'],
    ['__proto__, escaped', '{"__pro\\u0074o__":1}'],
    ['a lone high surrogate', '"\\ud800"'],
    ['a lone low surrogate', '"\\udc00x"'],
    ['a lone surrogate in a name', '{"\\ud800":1}'],
    ['a number out of range', '1e400'],
    ['2^53 + 1', '9007199254740993'],
    ['2^53', '[9007199254740992]'],
    ['-2^53', '-9007199254740992'],
    ['NaN', 'NaN'],
    ['an open string', '"abc'],
    ['an open string that ends in an escape', '"abc\\"'],
    ['a single quote', "{'a':1}"],
    ['a trailing comma', '[1,]'],
    ['a comment', '{}//'],
    ['a control character in a string', '"\u0000"'],
    ['33 levels', '['.repeat(33) + ']'.repeat(33)],
    ['levels that never close', '['.repeat(1_000_000)],
  ])('refuses %s', (_, text) => {
    expect(codeOf(() => parse(text))).toBe('malformed_json');
  });

  it('refuses invalid UTF-8', () => {
    expect(codeOf(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22)))).toBe('malformed_json');
    expect(codeOf(() => parseStrictJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)))).toBe('malformed_json');
  });

  it.each([
    ['32 levels', '['.repeat(32) + ']'.repeat(32)],
    ['a surrogate pair', '"\\ud83d\\ude00"'],
    ['2^53 - 1', '9007199254740991'],
    ['fractions', '[0.1,-1.5e-3]'],
    ['escapes next to quotes', '{"a\\\\":"\\\\\\"","b":"\\\\"}'],
    ['colons and braces in strings', '{"a:{[":":}]"}'],
  ])('accepts %s', (_, text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it('counts members against the limit', () => {
    const members = (count: number) => `{${Array.from({ length: count }, (_, i) => `"m${i}":0`).join(',')}}`;
    expect(codeOf(() => parse(members(REQUEST_LIMITS.members)))).toBeUndefined();
    expect(codeOf(() => parse(members(REQUEST_LIMITS.members + 1)))).toBe('malformed_json');
    expect(codeOf(() => parseStrictJson(utf8(members(5000)), PAYLOAD_LIMITS))).toBeUndefined();
  });

  it('never quotes the text in its message', () => {
    try {
      parse('{"secret" "hunter2"}');
    } catch (error) {
      expect(String(error)).not.toMatch(/secret|hunter/);
    }
    expect.assertions(1);
  });
});
