import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { cutLines, splitLines } from '../../src/threads/lines.ts';

const bytes = (text: string) => new Uint8Array(utf8(text));
const texts = (lines: Uint8Array[]) => lines.map((line) => Buffer.from(line).toString());

describe('lines', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\nb', ['a', 'b']],
    ['a\r\nb\n', ['a\r', 'b']],
    ['\n', ['']],
    ['a\n\n', ['a', '']],
    ['\n\na', ['', '', 'a']],
  ])('of %j', (text, expected) => {
    expect(texts(splitLines(bytes(text)))).toEqual(expected);
  });
});

describe('pieces', () => {
  /** Texts with many empty lines, at the end too. */
  const text = fc
    .array(fc.constantFrom('a', 'bc', '', '\n', '\n\n'), { maxLength: 40 })
    .map((parts) => parts.join('\n'));

  it('hold the same lines as the whole, numbered on, whatever is cut where', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (whole, most) => {
        const pieces = cutLines(bytes(whole), most, 1000);
        expect(pieces.flatMap((piece) => texts(splitLines(piece.bytes)))).toEqual(texts(splitLines(bytes(whole))));
        let next = 0;
        for (const piece of pieces) {
          expect(piece.firstLine).toBe(next);
          // Whoever waits for as many answers as there are lines must get them.
          expect(splitLines(piece.bytes)).toHaveLength(piece.lines);
          expect(piece.lines).toBeLessThanOrEqual(most);
          next += piece.lines;
        }
      }),
    );
  });

  it('have memory of their own, to be transferred', () => {
    const whole = bytes('xx a\nb\nc').subarray(3);
    for (const piece of cutLines(whole, 1, 10)) expect(piece.bytes.buffer.byteLength).toBe(piece.bytes.length);
  });

  it('are refused above the limit, however long the rest is', () => {
    expect(cutLines(bytes('a\nb\nc'), 2, 3)).toHaveLength(2);
    expect(() => cutLines(bytes('a\nb\nc\n\n'), 2, 3)).toThrow(expect.objectContaining({ code: 'limit_exceeded' }));
    const newlines = new Uint8Array(32 * 1024 * 1024).fill(0x0a);
    const started = performance.now();
    expect(() => cutLines(newlines, 64, 1000)).toThrow(expect.objectContaining({ code: 'limit_exceeded' }));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
