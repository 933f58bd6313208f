/** Patterns for what was seen several times: the parts that a next release will change become stars. */

/** A name that a workflow is known by, for the next tag too: `…/release.yml@refs/tags/v1.0` → `…@refs/tags/**`. */
export function forAnyTag(name: string): string {
  const at = name.lastIndexOf('@');
  const ref = name.slice(at + 1);
  if (at > 0 && ref.startsWith('refs/tags/')) return `${name.slice(0, at)}@refs/tags/**`;
  return at > 0 && /^[0-9a-f]{40}$/.test(ref) ? `${name.slice(0, at)}@*` : name;
}

/** Refs of releases: version tags, any tags, or branches by name while they are few. */
export function refPatterns(refs: readonly string[]): string[] {
  const tags = refs.filter((ref) => ref.startsWith('refs/tags/'));
  const others = distinct(refs.filter((ref) => !ref.startsWith('refs/tags/')));
  const isVersions = tags.every((tag) => /^refs\/tags\/v[0-9][^/]*$/.test(tag));
  const patterns = tags.length === 0 ? [] : [isVersions ? 'refs/tags/v*' : 'refs/tags/**'];
  return others.length > 3 ? [...patterns, commonPattern(others)] : [...patterns, ...others];
}

/** What all begin with, to a `/`, and anything after it. One text is its own pattern. */
export function commonPattern(texts: readonly string[]): string {
  const [first = '', ...others] = distinct(texts);
  if (others.length === 0) return first;
  let length = first.length;
  for (const text of others) while (!text.startsWith(first.slice(0, length))) length--;
  return `${first.slice(0, first.lastIndexOf('/', length - 1) + 1)}**`;
}

/** Each once, in order. */
export function distinct<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)];
}
