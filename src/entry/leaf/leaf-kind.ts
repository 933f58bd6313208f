/** What kind of entry a leaf is, told from how its canonical JSON begins. */
import { LogError } from '../../core/errors.ts';

/** Room for the two members that come first in RFC 8785 order. */
const HEAD_LENGTH = 80;
const HEAD = /^\{"apiVersion":"([0-9.]+)","kind":"([a-z]+)"/;

/**
 * The kind and its version, without reading the rest.
 * @throws LogError malformed_leaf
 */
export function leafKind(leaf: Uint8Array): { kind: string; version: string } {
  const [, version, kind] = HEAD.exec(String.fromCharCode(...leaf.subarray(0, HEAD_LENGTH))) ?? [];
  if (version === undefined || kind === undefined) throw new LogError('malformed_leaf', 'the leaf names no kind');
  return { kind, version };
}
