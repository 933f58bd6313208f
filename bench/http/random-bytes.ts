/** Random bytes, asked for in large pieces: each call to the system costs as much as half a signature. */
import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(65_536);
let used = pool.length;

/** Good until the pool has been used up: to be copied or encoded at once. @param length below that of the pool */
export function randomBytes(length: number): Buffer {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
}
