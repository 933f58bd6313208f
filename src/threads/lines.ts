/** Newline-delimited JSON: where one line ends and the next begins. */

const NEWLINE = 0x0a;

/** The lines of a text, without their newlines; a last line without one counts, an empty rest does not. */
export function splitLines<T extends Uint8Array>(bytes: T): T[] {
  const lines: T[] = [];
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found < 0 ? bytes.length : found;
    lines.push(bytes.subarray(start, end) as T);
    start = end + 1;
  }
  return lines;
}
