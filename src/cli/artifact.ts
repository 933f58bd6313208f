/** The artifact that `verify` is asked about, and whether a bundle is about it. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fromHex, toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { ExpectedDigest } from '../entry/bundle/bundle-binding.ts';
import type { Subject } from '../entry/leaf/statement.ts';
import { readChunks } from './files.ts';
import type { Io } from './io.ts';

/** One digest of an artifact, as statements name them: `sha256`, `gitCommit`, … */
export interface ArtifactDigest {
  algorithm: string;
  /** As stated; hexadecimal is lower-case. */
  digest: string;
}

/** What a bundle that was verified is about. */
interface Content {
  readonly subjects: readonly Subject[];
  readonly predicateType: string | undefined;
  readonly payload: { readonly bytes: Uint8Array } | undefined;
}

export interface AboutArtifact<Verified> {
  verified: Verified;
  /** The digest that the bundle names. */
  digest: ArtifactDigest;
  /** A payload that is no statement is about nothing but itself: the artifact is the payload. */
  isPayload: boolean;
}

/** Verifies a bundle; where a digest is given, the bundle must be about it, or it throws artifact_mismatch. */
type Verify<Verified> = (artifactDigest?: ExpectedDigest) => Verified;

const HASHES = { sha256: 32, sha384: 48, sha512: 64 } as const;
type HashName = keyof typeof HASHES;

/**
 * The digest that was given, `<algorithm>:<digest>`; or the three that a statement or signature may name for a file,
 * or for stdin where it is `-`.
 * @throws LogError usage, file_unreadable
 */
export async function readArtifact(artifact: string, io: Io): Promise<ArtifactDigest[]> {
  const [, algorithm = '', digest = ''] =
    /^([A-Za-z][A-Za-z0-9_-]{0,31}):([A-Za-z0-9+/=_-]{1,256})$/.exec(artifact) ?? [];
  if (isHashName(algorithm)) {
    if (new RegExp(`^[0-9a-f]{${2 * HASHES[algorithm]}}$`).test(digest)) return [{ algorithm, digest }];
    throw new LogError('usage', `a ${algorithm} digest is ${2 * HASHES[algorithm]} lower-case hex digits`);
  }
  // Other digests are named as freely as files are; a file goes first.
  if (algorithm !== '' && !existsSync(artifact)) return [{ algorithm, digest }];
  const hashes = Object.keys(HASHES).map((name) => ({ algorithm: name, hash: createHash(name) }));
  for await (const chunk of readChunks(artifact, io)) for (const { hash } of hashes) hash.update(chunk);
  return hashes.map(({ algorithm: name, hash }) => ({ algorithm: name, digest: hash.digest('hex') }));
}

/** Verifies that a bundle is about one of these digests. @throws LogError artifact_mismatch, and as `verify` */
export function verifyAbout<Verified extends Content>(
  digests: readonly ArtifactDigest[],
  verify: Verify<Verified>,
): AboutArtifact<Verified> {
  for (const digest of digests) {
    const found = tryDigest(digest, verify);
    if (found !== undefined) return found;
  }
  throw new LogError('artifact_mismatch', 'the bundle is not about this artifact');
}

function tryDigest<Verified extends Content>(
  digest: ArtifactDigest,
  verify: Verify<Verified>,
): AboutArtifact<Verified> | undefined {
  const { algorithm, digest: hex } = digest;
  if (isHashName(algorithm)) {
    try {
      return { verified: verify({ algorithm, digest: fromHex(hex) }), digest, isPayload: false };
    } catch (error) {
      if (!isLogError(error, 'artifact_mismatch')) throw error;
    }
  }
  const verified = verify();
  if (verified.subjects.some(({ digests }) => digests.get(algorithm) === hex))
    return { verified, digest, isPayload: false };
  const { payload, predicateType, subjects } = verified;
  const isOpaque = payload !== undefined && predicateType === undefined && subjects.length === 0;
  if (isOpaque && algorithm === 'sha256' && toHex(sha256(payload.bytes)) === hex)
    return { verified, digest, isPayload: true };
  return undefined;
}

function isHashName(name: string): name is HashName {
  return Object.hasOwn(HASHES, name);
}
