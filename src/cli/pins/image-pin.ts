/** Container images: pinned where the reference ends in a digest, whatever tag stands before it. */
import type { Pin } from './pin.ts';

/** `registry/repository:tag@sha256:…` (distribution/reference), with or without `docker://`. */
export function imagePin(reference: string, at: string): Pin {
  const bare = reference.replace(/^docker:\/\//, '');
  const [, image, sha256] = /^(.+)@sha256:([0-9a-f]{64})$/.exec(bare) ?? [];
  return sha256 === undefined ? { uri: `docker://${bare}`, at } : { uri: `docker://${image}`, digest: { sha256 }, at };
}
