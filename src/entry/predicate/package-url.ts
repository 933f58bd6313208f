/** Package URLs (ECMA-427), as far as naming a package without its version takes. */

export interface PackageName {
  /** `pkg:npm/%40acme/api`: neither version, qualifiers nor subpath; an `@` in a name is written `%40`. */
  readonly package: string;
  readonly version: string | undefined;
}

/** @returns undefined for what is no package URL */
export function readPackageUrl(text: string): PackageName | undefined {
  if (!text.startsWith('pkg:')) return undefined;
  const [bare = ''] = text.slice(4).split(/[?#]/, 1);
  const [, type, rest] = /^\/{0,2}([A-Za-z][A-Za-z0-9.+-]*)\/+(.+)$/.exec(bare) ?? [];
  if (type === undefined || rest === undefined) return undefined;
  // The last @ comes before the version, unless it begins a segment: a scope, which ought to be written %40.
  const at = rest.lastIndexOf('@');
  const hasVersion = at > 0 && rest[at - 1] !== '/';
  const name = (hasVersion ? rest.slice(0, at) : rest).replace(/\/+$/, '');
  if (name === '') return undefined;
  const version = hasVersion ? decoded(rest.slice(at + 1)) : undefined;
  return { package: `pkg:${type.toLowerCase()}/${name.replaceAll('@', '%40')}`, version: version || undefined };
}

/** A name as npm's registry has it: `@acme/api`. */
export function npmPackage(name: string): string {
  return `pkg:npm/${name.replaceAll('@', '%40')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
