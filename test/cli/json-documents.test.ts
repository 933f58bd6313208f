import { describe, expect, it } from 'vitest';
import { DOCUMENT_LIMIT, readJsonDocuments } from '../../src/cli/json-documents.ts';

/** Values, or the codes of errors; read in chunks of every size, which must not matter. */
async function read(text: string): Promise<unknown[]> {
  const whole = await readIn(text, Math.max(1, text.length));
  for (const size of [1, 2, 3, 7, 64]) expect(await readIn(text, size)).toEqual(whole);
  return whole;
}

async function readIn(text: string, size: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { value, error } of readJsonDocuments(chunksOf(text, size))) found.push(error?.code ?? value);
  return found;
}

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const [a, b, c] = [{ a: 1 }, { b: '[}"\\', n: [{}] }, { c: [1, [2]] }];
const [A, B, C] = [a, b, c].map((value) => JSON.stringify(value)) as [string, string, string];
const pretty = (value: unknown) => JSON.stringify(value, undefined, 2);

describe('readJsonDocuments', () => {
  it.each([
    ['one document', A, [a]],
    ['one document over several lines', pretty(b), [b]],
    ['JSON Lines', `${A}\n${B}\n${C}\n`, [a, b, c]],
    ['JSON Lines without a last line feed', `${A}\n${B}`, [a, b]],
    ['JSON Lines with blank lines and CRLF', `\r\n${A}\r\n\r\n  \n${B}\r\n`, [a, b]],
    ['JSON Lines of lists', `${A}\n[${B},${C}]\n`, [a, b, c]],
    ['a list', `[${A},${B},${C}]`, [a, b, c]],
    ['a list over several lines', pretty([a, b, c]), [a, b, c]],
    ['an empty list', '[]', []],
    ['documents one after the other', `${pretty(a)}\n${pretty(b)}${pretty(c)}`, [a, b, c]],
    ['a list of scalars', '[1, "x", null]', [1, 'x', null]],
  ])('reads %s', async (_, text, expected) => {
    expect(await read(text)).toEqual(expected);
  });

  it.each([
    ['a bad line between good ones', `${A}\n{"x":\n${B}\n`, [a, 'malformed_json', b]],
    ['a bad first line', `{"x":\n${A}\n${B}\n`, ['malformed_json', a, b]],
    ['a line with a repeated name', `${A}\n{"x":1,"x":2}\n${B}\n`, [a, 'malformed_json', b]],
    ['a bad item of a list', `[${A},{"x":1,"x":2},${B}]`, [a, 'malformed_json', b]],
  ])('reads on after %s', async (_, text, expected) => {
    expect(await read(text)).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \n\n'],
    ['a text', 'hello world\n'],
    ['a key', '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n'],
    ['a cut document', pretty(b).slice(0, -2)],
    ['a byte order mark', `\ufeff${A}`],
  ])('says that %s is not JSON', async (_, text) => {
    expect(await read(text)).toEqual(['malformed_json']);
  });

  it.each([
    ['does not end', `[${A},${B}`, [a, b, 'malformed_json']],
    ['lacks a comma', `[${A} ${B}]`, [a, 'malformed_json']],
    ['has two commas', `[${A},,${B}]`, [a, 'malformed_json']],
  ])('stops where a list %s', async (_, text, expected) => {
    expect(await read(text)).toEqual(expected);
  });

  it('holds no more than a document: a line beyond the limit is left out, and the next is read', async () => {
    const found: unknown[] = [];
    for await (const { value, error } of readJsonDocuments(withLongLine())) found.push(error?.code ?? value);
    expect(found).toEqual([a, 'limit_exceeded', b]);
  });

  async function* withLongLine(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    yield encoder.encode(`${A}\n{"x":"`);
    const chunk = new Uint8Array(1024 * 1024).fill(0x78);
    for (let i = 0; i <= DOCUMENT_LIMIT / chunk.length; i++) yield chunk;
    yield encoder.encode(`"}\n${B}\n`);
  }

  it('reads a long list in one line item by item', async () => {
    let count = 0;
    for await (const { error } of readJsonDocuments(longList())) {
      expect(error).toBeUndefined();
      count++;
    }
    expect(count).toBe(40_001);
  });

  async function* longList(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder();
    yield encoder.encode('[{}');
    const chunk = encoder.encode(`,{"x":"${'y'.repeat(1000)}"}`.repeat(1000));
    for (let i = 0; i < 40; i++) yield chunk;
    yield encoder.encode(']');
  }
});
