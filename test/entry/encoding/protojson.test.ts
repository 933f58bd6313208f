import { describe, expect, it } from 'vitest';
import { bytes, enumOf, message, repeated, text } from '../../../src/entry/encoding/protojson.ts';
import { codeOf } from '../code-of.ts';

const read = message(
  {
    rawBytes: bytes,
    x509Certificate: message({ name: text }),
    requestV002: message({ name: text }),
    kind: enumOf({ FIRST: 1, SECOND: 2 }),
    items: repeated(message({ name: text })),
    texts: repeated(text),
  },
  ['x509Certificate', 'requestV002'],
);

describe('a message', () => {
  it.each<[string, unknown, unknown]>([
    ['nothing', {}, {}],
    ['null as nothing', { rawBytes: null, kind: null, items: null, requestV002: null }, {}],
    [
      'snake_case',
      { raw_bytes: 'AA==', x509_certificate: { name: 'a' } },
      { rawBytes: [0], x509Certificate: { name: 'a' } },
    ],
    ['snake_case before a version', { request_v002: {} }, { requestV002: {} }],
    ['standard base64', { rawBytes: '+/+/' }, { rawBytes: [251, 255, 191] }],
    ['URL-safe base64', { rawBytes: '-_-_' }, { rawBytes: [251, 255, 191] }],
    ['base64 without padding', { rawBytes: 'AA' }, { rawBytes: [0] }],
    ['empty bytes', { rawBytes: '' }, { rawBytes: [] }],
    ['an enum by name', { kind: 'SECOND' }, { kind: 'SECOND' }],
    ['an enum by number', { kind: 1 }, { kind: 'FIRST' }],
    ['lists', { items: [{}, { name: 'b' }], texts: [] }, { items: [{}, { name: 'b' }], texts: [] }],
    ['null beside what is set of a oneof', { x509Certificate: null, requestV002: {} }, { requestV002: {} }],
  ])('is read: %s', (_, value, expected) => {
    const found = read(value, 'request');
    expect(found.rawBytes === undefined ? found : { ...found, rawBytes: [...found.rawBytes] }).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['a text', 'text'],
    ['an unknown field', { other: 1 }],
    ['an unknown field that is null', { other: null }],
    ['a name that objects inherit', { toString: 1 }],
    ['an unknown field further in', { x509Certificate: { name: 'a', other: 1 } }],
    ['names in another case', { RawBytes: 'AA==' }],
    ['one field by both of its names', { rawBytes: 'AA==', raw_bytes: 'AA==' }],
    ['one field by both of its names, once null', { rawBytes: null, raw_bytes: 'AA==' }],
    ['two of a oneof', { x509Certificate: {}, requestV002: {} }],
    ['two of a oneof in different spellings', { x509_certificate: {}, requestV002: {} }],
    ['bytes as numbers', { rawBytes: [0] }],
    ['a message as a text', { requestV002: 'text' }],
    ['a message as a list', { requestV002: [] }],
    ['a text as a number', { requestV002: { name: 1 } }],
    ['an enum of no such name', { kind: 'THIRD' }],
    ['an enum of no such number', { kind: 3 }],
    ['an enum’s number as a text', { kind: '1' }],
    ['an enum in lower case', { kind: 'first' }],
    ['an enum as a fraction', { kind: 1.5 }],
    ['one item instead of a list', { items: {} }],
    ['null within a list', { items: [null] }],
    ['null within a list of texts', { texts: [null] }],
  ])('is refused: %s', (_, value) => {
    expect(codeOf(() => read(value, 'request'))).toBe('malformed_submission');
  });

  it.each(['AA=', 'A', 'AA==AA==', 'A A=', '+_+_', 'AB==', '*', 'AA\n=='])('is refused with the bytes %j', (value) => {
    expect(codeOf(() => read({ rawBytes: value }, 'request'))).toBe('malformed_base64');
  });

  it('says where the fault lies, without repeating what was sent', () => {
    const call = () => read({ items: [{}, { secret: 'content' }] }, 'request');
    expect(call).toThrow(expect.objectContaining({ at: 'request/items/1' }));
    expect(call).not.toThrow(/secret|content/);
  });
});
