/** What a namespace covers: evidence that bears a name of its own, or that one of its keys signed. */
import { matchesPattern } from '../../entry/x509/identity-rule.ts';
import type { Evidence } from '../facts/evidence.ts';

/** True where a name fits one of the patterns, in upper or lower case: forges disagree about that. */
export function fitsAny(patterns: readonly string[], names: readonly string[]): boolean {
  return patterns.some((pattern) => names.some((name) => matchesPattern(pattern.toLowerCase(), name.toLowerCase())));
}

/**
 * Names under which evidence goes: repository and package of its claim, package URLs of its subjects, repository and
 * names of its certificates. Those of certificates that nobody verified too: they can only bring rulings upon it.
 */
export function namesOf({ claim, subjects, credentials }: Evidence): string[] {
  const names: (string | undefined)[] = subjects.map(({ name }) => (name?.startsWith('pkg:') ? name : undefined));
  if (claim !== undefined && 'repository' in claim) names.push(claim.repository);
  if (claim?.kind === 'release') names.push(claim.package);
  for (const { facts, names: own } of credentials) names.push(facts.sourceRepositoryURI, ...own);
  return names.filter((name) => name !== undefined);
}

/** Package URL without version, qualifiers and subpath (package-url specification, "Components"). */
export function packageOf(packageUrl: string): string {
  const path = packageUrl.split(/[?#]/, 1)[0]!;
  const at = path.lastIndexOf('@');
  return at > path.lastIndexOf('/') ? path.slice(0, at) : path;
}

/** True where `named` is the package, or the version of it, that `target` says. */
export function isPackage(target: string, named: string): boolean {
  return named === target || (packageOf(target) === target && packageOf(named) === target);
}
