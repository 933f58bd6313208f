import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, type Json } from '../../../src/entry/encoding/canonical-json.ts';

it('sorts members by UTF-16 code units (RFC 8785 §3.2.3)', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}');
});

it('serialises numbers as ECMAScript does (RFC 8785 §3.2.2.3)', () => {
  // biome-ignore lint/correctness/noPrecisionLoss: the example of RFC 8785 has one digit too many
  expect(canonicalJson([333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0])).toBe(
    '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
  );
});

it('says the same for equal values, whatever the order of members', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.integer()), (members) => {
      const reversed = Object.fromEntries(Object.entries(members).reverse());
      expect(canonicalJson(reversed)).toBe(canonicalJson(members));
      expect(JSON.parse(canonicalJson(members))).toEqual(JSON.parse(JSON.stringify(members)));
    }),
  );
});

it('leaves out undefined members and refuses what JSON cannot say', () => {
  expect(canonicalJson({ a: undefined, b: null })).toBe('{"b":null}');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800'] as Json[]) {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  }
});
