import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as Bytes from '../../src/core/bytes.ts';

/** Once with Buffer, once as in a browser: both must behave the same to the last byte. */
describe.each(['with Buffer', 'without Buffer'])('%s', (setting) => {
  let bytes: typeof Bytes;
  /** The module is loaded afresh, so LogError is another class than the one a test would import. */
  const code = (run: () => unknown) => {
    try {
      run();
      return 'accepted';
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };

  beforeAll(async () => {
    vi.resetModules();
    if (setting === 'without Buffer') vi.stubGlobal('Buffer', undefined);
    bytes = await import('../../src/core/bytes.ts');
    vi.unstubAllGlobals();
  });
  afterAll(() => vi.unstubAllGlobals());

  it('writes and reads base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (value) => {
        const text = Buffer.from(value).toString('base64');
        expect(bytes.toBase64(value)).toBe(text);
        expect(bytes.fromBase64(text)).toEqual(value);
        expect(bytes.fromAnyBase64(Buffer.from(value).toString('base64url'))).toEqual(value);
      }),
    );
  });

  it.each([12_287, 12_288, 12_289, 16_384, 16_385, 100_000])('writes and reads %i bytes', (length) => {
    const large = Uint8Array.from({ length }, (_, i) => i * 7);
    expect(bytes.toBase64(large)).toBe(Buffer.from(large).toString('base64'));
    expect(bytes.fromBase64(bytes.toBase64(large))).toEqual(large);
    expect(bytes.toHex(large)).toBe(Buffer.from(large).toString('hex'));
  });

  it('makes byte strings that never overlap, whatever their lengths', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 30, maxLength: 60 });
    fc.assert(
      fc.property(lengths, (list) => {
        const made = list.flatMap((length, i) => {
          const text = String.fromCharCode(65 + (i % 26)).repeat(length);
          const encoded = bytes.utf8(text);
          return [
            { text, value: encoded },
            { text, value: bytes.fromBase64(Buffer.from(text).toString('base64')) },
            { text: text + text, value: bytes.concat(encoded, encoded) },
          ];
        });
        for (const { text, value } of made) {
          expect(Buffer.from(value).toString('latin1') === text).toBe(true);
          value.fill(0);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('counts the bytes of a text', () => {
    for (const text of ['', 'abc', 'é€\u{1F600}']) expect(bytes.utf8Length(text)).toBe(bytes.utf8(text).length);
  });

  it('writes views as what they show, and reads into memory of its own', () => {
    const view = Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4);
    expect(bytes.toBase64(view)).toBe('AQID');
    expect(bytes.toHex(view)).toBe('010203');
    for (const read of [bytes.fromBase64('AQID'), bytes.fromHex('010203')]) {
      expect(read.constructor).toBe(Uint8Array);
      expect(read.buffer.byteLength).toBe(3);
    }
  });

  it.each([
    'A',
    'AA',
    'AAA',
    'AA=',
    'AB==',
    'AAB=',
    'AAAA=',
    'AA==AAAA',
    '====',
    'AA A',
    'AAA\n',
    ' AAAA',
    'AA==\n',
    'A-A_',
    'AAA.',
    'AAAé',
    'AAA\u0141',
    '=AAA',
    'A=AA',
  ])('refuses %j as base64', (text) => {
    expect(code(() => bytes.fromBase64(text))).toBe('malformed_base64');
  });

  it('reads both alphabets, padded or not, but not mixed', () => {
    const value = Uint8Array.of(0xfb, 0xff);
    for (const text of ['+/8=', '-_8=', '+/8', '-_8']) expect(bytes.fromAnyBase64(text)).toEqual(value);
    for (const text of ['+_8=', '-/8', '+/9=', '-_9', '-_8==', '-', '-_ 8', '+/8=\n', 'A']) {
      expect(code(() => bytes.fromAnyBase64(text))).toBe('malformed_base64');
    }
    expect(bytes.fromAnyBase64('')).toEqual(new Uint8Array(0));
  });

  it('writes and reads hexadecimal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (value) => {
        expect(bytes.toHex(value)).toBe(Buffer.from(value).toString('hex'));
        expect(bytes.fromHex(bytes.toHex(value))).toEqual(value);
      }),
    );
  });

  it.each(['0', 'AB', '0g', ' 00', '00\n', '0x00', '٠٠', '00 0'])('refuses %j as hexadecimal', (text) => {
    expect(code(() => bytes.fromHex(text))).toBe('malformed_hex');
  });
});

describe('numbers', async () => {
  const { assertSize, parseDecimal, u64be, toHex } = await import('../../src/core/bytes.ts');

  it('reads canonical decimals below 2^53', () => {
    for (const value of [0, 1, 10, 2 ** 32, Number.MAX_SAFE_INTEGER]) expect(parseDecimal(String(value))).toBe(value);
  });

  it.each([
    '',
    '00',
    '01',
    '+1',
    '-1',
    '-0',
    '1.0',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '1\n',
    '9007199254740992',
    '99999999999999999',
    '١',
    'NaN',
  ])('refuses %j as a decimal', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  it('writes eight bytes, big-endian', () => {
    for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      expect(toHex(u64be(value))).toBe(BigInt(value).toString(16).padStart(16, '0'));
    }
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('takes %d for a mistake of the caller', (value) => {
    expect(() => assertSize(value, 'size')).toThrow(RangeError);
    expect(() => u64be(value)).toThrow(RangeError);
  });
});

describe('byte strings', async () => {
  const { compareBytes, concat, decodeUtf8, equalBytes, utf8 } = await import('../../src/core/bytes.ts');

  it('are joined, and compared as memcmp does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (a, b) => {
        expect(concat(a, b)).toEqual(new Uint8Array(Buffer.concat([a, b])));
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
      }),
    );
  });

  it('are text only where they are UTF-8, a byte order mark being a character', () => {
    expect(decodeUtf8(utf8('a\u{1f512}'))).toBe('a\u{1f512}');
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
      expect(decodeUtf8(Uint8Array.from(bad))).toBeUndefined();
    }
  });
});
