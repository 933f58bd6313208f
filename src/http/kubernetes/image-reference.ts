/** References to container images, as Kubernetes and the registries' clients read them. */
export interface ImageReference {
  /** As it was written. */
  readonly text: string;
  /** Registry and path, short names written out: `docker.io/library/nginx`. */
  readonly repository: string;
  /** Undefined where the image is named by tag alone, or by nothing: what it is can change from pull to pull. */
  readonly digest: { readonly algorithm: string; readonly hex: string } | undefined;
}

/** Bytes of the digests that the OCI image specification registers. */
const DIGEST_LENGTHS: Readonly<Record<string, number>> = { sha256: 32, sha512: 64 };

/** Longest reference that is read: 255 for the name (distribution/reference), a tag, and the longest digest. */
const LONGEST = 512;

/**
 * Grammar and short names as in distribution/reference (`reference.go`, `normalize.go`).
 * @returns undefined for what is no reference
 */
export function parseImageReference(text: string): ImageReference | undefined {
  if (text.length > LONGEST) return undefined;
  const [, name = '', , digestText] = REFERENCE.exec(text) ?? [];
  if (name === '') return undefined;
  const digest = digestText === undefined ? undefined : readDigest(digestText);
  if (digestText !== undefined && digest === undefined) return undefined;
  return { text, repository: withRegistry(name), digest };
}

const DOMAIN = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?`;
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REFERENCE = new RegExp(
  `^((?:${DOMAIN}/)?${COMPONENT}(?:/${COMPONENT})*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@([a-z0-9]+:[0-9a-f]+))?$`,
);

function readDigest(text: string): ImageReference['digest'] {
  const [algorithm = '', hex = ''] = text.split(':');
  return Object.hasOwn(DIGEST_LENGTHS, algorithm) && DIGEST_LENGTHS[algorithm] === hex.length / 2
    ? { algorithm, hex }
    : undefined;
}

/** The part before the first slash is a registry where it looks like a host. */
function withRegistry(name: string): string {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  if (/[.:A-Z]/.test(first) || first === 'localhost') {
    const path = name.slice(slash + 1);
    if (first !== 'docker.io' && first !== 'index.docker.io') return name;
    return `docker.io/${path.includes('/') ? path : `library/${path}`}`;
  }
  return slash === -1 ? `docker.io/library/${name}` : `docker.io/${name}`;
}
