/** Resource descriptors (in-toto attestation framework v1) and their older forms, read as what a build took in. */
import type { Dependency, Digests } from './claim.ts';
import type { Fields } from './fields.ts';
import { asCommit, readRepository } from './repository.ts';

/** Digest set, as stated, hexadecimal digests in lower case. */
export function readDigests(digest: Fields): Digests {
  const digests = new Map<string, string>();
  for (const algorithm of Object.keys(digest.members ?? {})) {
    const value = digest.text(algorithm);
    if (value !== undefined) digests.set(algorithm, normalDigest(value));
  }
  return digests;
}

/** Hexadecimal in lower case; other identifiers as they are. */
export function normalDigest(digest: string): string {
  return /^[0-9a-fA-F]+$/.test(digest) ? digest.toLowerCase() : digest;
}

/**
 * `{uri, name, digest}`. Where a git repository's commit is stated as `sha1`, as older builders do, it is there as
 * `gitCommit` too, so that one commit is found by one name.
 */
export function readDependency(fields: Fields): Dependency {
  const uri = fields.text('uri');
  const digests = readDigests(fields.in('digest'));
  return { uri, name: fields.text('name'), digests: withGitCommit(uri, digests) };
}

/** The commit that a digest set names; GitLab's runner writes it as `sha256`, though it is a SHA-1. */
export function commitOf(digests: Digests): string | undefined {
  const short = digests.get('sha256');
  return asCommit(digests.get('gitCommit') ?? digests.get('sha1') ?? (short?.length === 40 ? short : undefined));
}

function withGitCommit(uri: string | undefined, digests: Digests): Digests {
  if (uri === undefined || digests.has('gitCommit') || readRepository(uri)?.isGit !== true) return digests;
  const commit = commitOf(digests);
  return commit === undefined ? digests : new Map([...digests, ['gitCommit', commit]]);
}
