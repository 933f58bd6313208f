/**
 * Whether the certificates of stored entries are trusted. The mark is computed when it is asked for, from the stored
 * bytes, the log's time for the entry and the configured CAs alone: nothing remembers how an entry was judged when it
 * came in, and another configuration gives other marks.
 */

import { isLogError, LogError } from '../core/errors.ts';
import { decodeCompanion } from '../entry/leaf/companion.ts';
import { parseLeaf } from '../entry/leaf/leaf.ts';
import { type TrustedCertificates, verifyTrustedChain } from '../entry/trust/chain-trust.ts';
import { type Certificate, type ChainMark, parseCertificate } from '../entry/x509/certificate.ts';
import { nativeChecks } from './native/native-signatures.ts';

/** What a mark is computed from. */
export interface StoredSignatures {
  leaf: Uint8Array;
  /** Encoded companions. */
  companions: Uint8Array[];
  /** POSIX seconds of the first checkpoint that covered the entry. */
  time: number;
}

/**
 * A mark for each signature of the leaf, in its order; `unverified` for bare keys, which no CA vouches for.
 * @throws LogError corrupt where the stored bytes cannot be read back
 */
export function chainMarks({ leaf, companions, time }: StoredSignatures, trusted: TrustedCertificates): ChainMark[] {
  const { signatures } = readLeaf(leaf);
  if (signatures.every(({ verifier }) => verifier.certificate === undefined)) return signatures.map(() => 'unverified');
  const along = companions.map(decodeCompanion);
  const chain = distinctCertificates(along.flatMap((companion) => companion.chain));
  const timestamps = along.flatMap((companion) => companion.timestamps);
  const promises = along.flatMap((companion) => companion.promises ?? []);
  return signatures.map(({ signature, verifier: { certificate } }) => {
    if (certificate === undefined) return 'unverified';
    try {
      verifyTrustedChain({ signature, certificate, chain, timestamps, promises }, time, trusted, nativeChecks);
      return 'trusted';
    } catch (error) {
      if (isLogError(error, 'certificate_rejected')) return 'unverified';
      throw error;
    }
  });
}

function readLeaf(leaf: Uint8Array): ReturnType<typeof parseLeaf> {
  try {
    return parseLeaf(leaf);
  } catch (cause) {
    throw new LogError('corrupt', 'a stored leaf cannot be read back', { cause });
  }
}

function distinctCertificates(ders: readonly Uint8Array[]): Certificate[] {
  const found = new Map<string, Certificate>();
  for (const der of ders) {
    const key = Buffer.from(der).toString('latin1');
    if (!found.has(key)) found.set(key, parseCertificate(der));
  }
  return [...found.values()];
}
