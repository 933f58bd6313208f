/** Hashes as AlgorithmIdentifiers name them (RFC 5754 §2). */
import { children, DER_SEQUENCE, type DerElement, DerError, expectTag, objectIdentifier } from '../encoding/der.ts';
import type { HashAlgorithm } from './signature-scheme.ts';

export const HASH_ID = {
  SHA2_256: '2.16.840.1.101.3.4.2.1',
  SHA2_384: '2.16.840.1.101.3.4.2.2',
  SHA2_512: '2.16.840.1.101.3.4.2.3',
} as const satisfies Record<HashAlgorithm, string>;

const HASHES = new Map(
  Object.entries(HASH_ID).map(([hash, id]): [string, HashAlgorithm] => [id, hash as HashAlgorithm]),
);

/** The hash of an identifier, dotted; undefined where it is none of the SHA-2 family. */
export function hashOfId(id: string): HashAlgorithm | undefined {
  return HASHES.get(id);
}

/** The hash that an AlgorithmIdentifier names; its parameters are absent or NULL and say nothing. Throws DerError. */
export function readDigestAlgorithm(element: DerElement | undefined): HashAlgorithm {
  const named = hashOfId(objectIdentifier(children(expectTag(element, DER_SEQUENCE))[0]));
  if (named === undefined) throw new DerError('a hash is not of the SHA-2 family');
  return named;
}
