/** What artifact events act on, as keys to look them up by. */
import type { Target } from '../../entry/control/control-predicate.ts';
import { packageOf } from './coverage.ts';

/** `<algorithm>:<digest>` of each digest, or the package URL without version. */
export function keysOfTarget({ digests, package: packageUrl }: Target): string[] {
  if (digests === undefined) return [packageOf(packageUrl)];
  return Object.entries(digests).map(([algorithm, digest]) => `${algorithm}:${digest}`);
}

export function sameTarget(a: Target, b: Target): boolean {
  if (a.digests === undefined || b.digests === undefined) return a.package === b.package && a.digests === b.digests;
  const other = b.digests;
  // One digest that both name is enough: it is the same thing.
  return Object.entries(a.digests).some(([algorithm, digest]) => other[algorithm] === digest);
}
