/** Writes DER (ITU-T X.690 §10): the little that must be built again to be verified. */
import { concat } from '../../core/bytes.ts';

/** An element of any length below 2^32: its tag byte, its length in the fewest bytes, its contents one after another. */
export function encodeDer(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const body = concat(...contents);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const short = body.length < 0x80;
  return concat(Uint8Array.of(tag, ...(short ? [body.length] : [0x80 + length.length, ...length])), body);
}
