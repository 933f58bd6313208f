/**
 * Reads the JSON documents of a file one by one, in bounded memory: one document, JSON Lines, documents one after the
 * other, or one list of documents. A document that cannot be read is reported in its place, and the next one is read.
 */
import { decodeUtf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { type JsonLimits, parseStrictJson } from '../entry/encoding/strict-json.ts';

/** A document, or why there is none in this place. */
export type JsonDocument = { value: unknown; error?: never } | { value?: never; error: LogError };

/** Bytes of one document. A submission is limited to 4 MiB by the log; documents that wrap several are larger. */
export const DOCUMENT_LIMIT = 32 * 1024 * 1024;

const LIMITS: JsonLimits = { depth: 64, members: 200_000, safeIntegers: false };

/** The documents of a byte stream, in order. A list at the top yields its items. */
export async function* readJsonDocuments(source: AsyncIterable<Uint8Array>): AsyncGenerator<JsonDocument> {
  const input = new ByteQueue(source);
  const first = await input.peekNonBlank();
  if (first === undefined) {
    yield { error: malformed('the file is empty') };
  } else if (first === OPEN_BRACE && (await startsWithLineOfItsOwn(input))) {
    yield* readLines(input);
  } else if (first === OPEN_BRACE || first === OPEN_BRACKET) {
    yield* readValues(input);
  } else {
    yield { error: malformed(await whatItIs(input)) };
  }
}

/** JSON Lines: the first line is a document, or, where the first one is broken, the second is. */
async function startsWithLineOfItsOwn(input: ByteQueue): Promise<boolean> {
  const first = await input.peekLine(0);
  if (first === undefined) return true; // longer than the limit: reported as such, line by line
  if (parse(first.bytes).error === undefined) return true;
  const second = await input.peekLine(first.end);
  if (second === undefined || second.bytes[0] !== OPEN_BRACE) return false;
  return parse(second.bytes).error === undefined;
}

async function* readLines(input: ByteQueue): AsyncGenerator<JsonDocument> {
  for (;;) {
    const line = await input.takeLine();
    if (line === undefined) return;
    if (line === 'too long') yield { error: tooLarge() };
    else if (!isBlank(line)) {
      const document = parse(line);
      if (Array.isArray(document.value)) for (const value of document.value) yield { value };
      else yield document;
    }
  }
}

/** Documents that may span lines; of a list at the top, the items. Stops where the brackets no longer tell the ends. */
async function* readValues(input: ByteQueue): AsyncGenerator<JsonDocument> {
  let inList = false;
  let separated = true;
  for (;;) {
    const next = await input.peekNonBlank();
    if (next === undefined) {
      if (inList) yield { error: malformed('the list does not end') };
      return;
    }
    if (!inList && next === OPEN_BRACKET) {
      input.drop(1);
      inList = true;
      separated = true;
    } else if (inList && next === CLOSE_BRACKET) {
      input.drop(1);
      inList = false;
    } else if (inList && next === COMMA && !separated) {
      input.drop(1);
      separated = true;
    } else if (inList && !separated) {
      yield { error: malformed('the items of the list are not separated by commas') };
      return;
    } else {
      const bytes = await input.takeValue();
      if (bytes === undefined) {
        yield { error: malformed('the text is not valid JSON, or it is cut off') };
        return;
      }
      if (bytes === 'too long') {
        yield { error: tooLarge() };
        return;
      }
      yield parse(bytes);
      separated = false;
    }
  }
}

function parse(bytes: Uint8Array): JsonDocument {
  try {
    return { value: parseStrictJson(bytes, LIMITS) };
  } catch (error) {
    if (error instanceof LogError) return { error };
    throw error;
  }
}

async function whatItIs(input: ByteQueue): Promise<string> {
  const line = await input.peekLine(0);
  const text = line === undefined ? undefined : decodeUtf8(line.bytes);
  if (text?.startsWith('-----BEGIN ')) {
    return 'this is a key or a certificate, not an attestation; hand keys over with --public-key or --certificate';
  }
  return 'this is not JSON, so it holds no attestation; to log a signature over a file, use --sign';
}

function malformed(message: string): LogError {
  return new LogError('malformed_json', message);
}

function tooLarge(): LogError {
  return new LogError('limit_exceeded', `the document is larger than ${DOCUMENT_LIMIT / 1024 / 1024} MiB`);
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function isBlankByte(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === NEWLINE || byte === 0x0d;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every(isBlankByte);
}

/** The unread part of a stream, of which no more is held than one document and one chunk. */
class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array>;
  /** Read and not yet consumed: `#buffer[#start, #end)`. The buffer is this object's own. */
  #buffer = new Uint8Array(64 * 1024);
  #start = 0;
  #end = 0;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Drops blanks and says which byte comes next. */
  async peekNonBlank(): Promise<number | undefined> {
    for (;;) {
      while (this.#start < this.#end) {
        const byte = this.#buffer[this.#start]!;
        if (!isBlankByte(byte)) return byte;
        this.#start++;
      }
      if (!(await this.#fill())) return undefined;
    }
  }

  /** The line that starts at an offset from here, without consuming it. Undefined where it is longer than the limit. */
  async peekLine(offset: number): Promise<{ bytes: Uint8Array; end: number } | undefined> {
    const newline = await this.#find(offset);
    if (newline === 'too long') return undefined;
    const bytes = this.#buffer.subarray(this.#start + offset, this.#start + (newline ?? this.#end - this.#start));
    return { bytes, end: newline === undefined ? this.#end - this.#start : newline + 1 };
  }

  /** The next line; undefined at the end; a line beyond the limit is dropped. */
  async takeLine(): Promise<Uint8Array | 'too long' | undefined> {
    const newline = await this.#find(0);
    if (newline === 'too long') {
      await this.#dropLine();
      return 'too long';
    }
    if (newline === undefined && this.#start === this.#end) return undefined;
    return this.#take(newline ?? this.#end - this.#start, newline === undefined ? 0 : 1);
  }

  /** The next value, up to where its brackets close. Undefined where they do not, or where it is a bare scalar. */
  async takeValue(): Promise<Uint8Array | 'too long' | undefined> {
    let depth = 0;
    let inString = false;
    for (let at = 0; ; at++) {
      if (at > DOCUMENT_LIMIT) return 'too long';
      while (this.#start + at >= this.#end) if (!(await this.#fill())) return undefined;
      const byte = this.#buffer[this.#start + at]!;
      if (inString) {
        if (byte === BACKSLASH) at++;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (depth === 0) return at === 0 ? undefined : this.#take(at, 0);
        if (--depth === 0) return this.#take(at + 1, 0);
      } else if (depth === 0 && (byte === COMMA || isBlankByte(byte))) {
        return at === 0 ? undefined : this.#take(at, 0); // a bare scalar
      }
    }
  }

  drop(count: number): void {
    this.#start += count;
  }

  #take(length: number, separator: number): Uint8Array {
    const bytes = this.#buffer.slice(this.#start, this.#start + length);
    this.#start += length + separator;
    return bytes;
  }

  /** Offset of the next line feed at or after `from`; undefined where the stream ends first. */
  async #find(from: number): Promise<number | 'too long' | undefined> {
    for (let searched = from; ; ) {
      const found = this.#buffer.subarray(this.#start, this.#end).indexOf(NEWLINE, searched);
      if (found !== -1) return found - from > DOCUMENT_LIMIT ? 'too long' : found;
      searched = this.#end - this.#start;
      if (searched - from > DOCUMENT_LIMIT) return 'too long';
      if (!(await this.#fill())) return undefined;
    }
  }

  async #dropLine(): Promise<void> {
    for (;;) {
      const found = this.#buffer.subarray(this.#start, this.#end).indexOf(NEWLINE);
      if (found !== -1) {
        this.#start += found + 1;
        return;
      }
      this.#start = this.#end;
      if (!(await this.#fill())) return;
    }
  }

  /** Reads one chunk more. False at the end. */
  async #fill(): Promise<boolean> {
    if (this.#ended) return false;
    const { value: chunk, done } = await this.#source.next();
    if (done) {
      this.#ended = true;
      return false;
    }
    const unread = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = unread + chunk.length;
      const target = needed > this.#buffer.length ? new Uint8Array(needed * 2) : this.#buffer;
      target.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = target;
      this.#start = 0;
      this.#end = unread;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
    return true;
  }
}
