/** Members of a stored leaf. What is wrong with one does not matter: whoever reads a leaf makes it `malformed_leaf`. */
import { isObject, type Members } from '../encoding/members.ts';

/** @throws TypeError */
export function leafObject(value: unknown): Members {
  if (!isObject(value)) throw new TypeError('not an object');
  return value;
}

/** @throws TypeError */
export function leafText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a string');
  return value;
}

/** @throws TypeError for anything but a list with something in it */
export function leafList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw new TypeError('not a list');
  return value;
}
