/** Newline-delimited JSON: where one line ends and the next begins. */
import { LogError } from '../core/errors.ts';

const NEWLINE = 0x0a;

/** The lines of a text, without their newlines; a last line without one counts, an empty rest does not. */
export function splitLines<T extends Uint8Array>(bytes: T): T[] {
  const lines: T[] = [];
  const text = searchable(bytes);
  for (let start = 0; start < bytes.length; ) {
    const end = endOfLine(text, start);
    lines.push(bytes.subarray(start, end) as T);
    start = end + 1;
  }
  return lines;
}

/** Some consecutive lines of a text. */
export interface LinePiece {
  /** Number of the piece's first line in the whole text, from 0. */
  firstLine: number;
  lines: number;
  /** A copy, in which `splitLines` finds the same lines. */
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Cuts a text into pieces of at most `most` lines. Looks at no more than `limit` lines: a body of newlines only must
 * not become millions of objects.
 * @throws LogError limit_exceeded where there are more than `limit` lines
 */
export function cutLines(bytes: Uint8Array<ArrayBuffer>, most: number, limit: number): LinePiece[] {
  const pieces: LinePiece[] = [];
  const text = searchable(bytes);
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const firstLine = line;
    let end = start;
    while (end < bytes.length && line - firstLine < most) {
      if (line === limit) throw new LogError('limit_exceeded', `a batch holds at most ${limit} submissions`);
      // With its newline: an empty last line is one only because of it.
      end = Math.min(endOfLine(text, end) + 1, bytes.length);
      line++;
    }
    pieces.push({ firstLine, lines: line - firstLine, bytes: bytes.slice(start, end) });
    start = end;
  }
  return pieces;
}

/** The same bytes as a Buffer, whose search is memchr: a tenth of the time that a typed array's own takes. */
function searchable(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function endOfLine(text: Buffer, start: number): number {
  const found = text.indexOf(NEWLINE, start);
  return found < 0 ? text.length : found;
}
