/** Repository URIs as builders write them, brought into one form: SPDX download locations, SCP addresses, web pages. */

export interface RepositoryRevision {
  /** `https://github.com/acme/api`: no `git+`, user, `@ref`, query, fragment, trailing slash or `.git`. */
  readonly repository: string;
  /** Only where it is fully qualified: `refs/heads/main`. */
  readonly ref: string | undefined;
  /** Lower-case hexadecimal, where the URI itself names one. */
  readonly commit: string | undefined;
  /** True where the URI says that it is a git repository, and not just any page. */
  readonly isGit: boolean;
}

const SCHEMES = new Set(['https:', 'http:', 'ssh:', 'git:']);
/** `git@github.com:acme/api.git` (git-clone(1), "GIT URLS"). */
const SCP = /^(?:[A-Za-z0-9._-]+@)([A-Za-z0-9.-]+):(?!\/\/)(.+)$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Pages that are repositories and nothing else. Google Cloud Build writes them without `git+`. */
const FORGE = /^(?:(?:github\.com|bitbucket\.org)\/[^/]+\/[^/]+|gitlab\.com\/[^/]+(?:\/[^/]+)+)$/;
/** Longer ones are nobody's repository. */
const MAX_LENGTH = 2048;

/** @returns undefined for what is no repository: storage buckets, package URLs, bare names */
export function readRepository(uri: string): RepositoryRevision | undefined {
  if (uri.length > MAX_LENGTH) return undefined;
  let isGit = uri.startsWith('git+') || /^(git|ssh):/.test(uri);
  let text = uri.startsWith('git+') ? uri.slice(4) : uri;
  const scp = SCP.exec(text);
  if (scp !== null) {
    isGit = true;
    text = `ssh://${scp[1]}/${scp[2]}`;
  }
  const url = parse(text);
  if (url === undefined) return undefined;
  const { path, revision } = splitRevision(url.pathname);
  const page = /^(.*?)(?:\/-)?\/commit\/([0-9a-fA-F]{40,64})$/.exec(path);
  const repositoryPath = (page?.[1] ?? path).replace(/\/+$/, '').replace(/\.git$/, '');
  if (repositoryPath.length <= 1) return undefined;
  const commit = (page?.[2] ?? revision)?.toLowerCase();
  return {
    repository: `${webOrigin(url)}${repositoryPath}`,
    ref: revision?.startsWith('refs/') ? revision : undefined,
    commit: commit !== undefined && COMMIT.test(commit) ? commit : undefined,
    isGit: isGit || page !== null || path.endsWith('.git') || FORGE.test(`${url.hostname}${repositoryPath}`),
  };
}

/** The normal form of a repository's URI; as it stands where it is none, so that it can be looked for all the same. */
export function normalRepository(uri: string): string {
  return readRepository(uri)?.repository ?? uri;
}

/** `owner/repo` at a forge. */
export function repositoryAt(server: string | undefined, fullName: string): string | undefined {
  return /^[^/\s]+(\/[^/\s]+)+$/.test(fullName)
    ? readRepository(`${server ?? 'https://github.com'}/${fullName}`)?.repository
    : undefined;
}

/** A commit as digests and parameters state it, in lower case; undefined for what is none. */
export function asCommit(text: string | undefined): string | undefined {
  const commit = text?.toLowerCase();
  return commit !== undefined && COMMIT.test(commit) ? commit : undefined;
}

/** A fully qualified ref; undefined for a bare branch or tag name, which may be either. */
export function asRef(text: string | undefined): string | undefined {
  return text?.startsWith('refs/') ? text : undefined;
}

function parse(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return SCHEMES.has(url.protocol) && url.hostname !== '' ? url : undefined;
  } catch {
    return undefined;
  }
}

/** SPDX 2.3 §7.7: what follows the last `@` of the path is a revision. */
function splitRevision(path: string): { path: string; revision: string | undefined } {
  const at = path.lastIndexOf('@');
  if (at === -1) return { path, revision: undefined };
  return { path: path.slice(0, at), revision: path.slice(at + 1) || undefined };
}

/** A port of ssh is not that of the web, and nobody means another repository by another way to it. */
function webOrigin(url: URL): string {
  if (url.protocol === 'ssh:' || url.protocol === 'git:') return `https://${url.hostname.toLowerCase()}`;
  return `${url.protocol}//${url.host}`;
}
