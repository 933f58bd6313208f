/** How many of those who may sign did sign. */
import type { Principal } from '../../entry/control/principal.ts';
import { matchesPattern } from '../../entry/x509/identity-rule.ts';
import type { Credential } from '../facts/evidence.ts';

/** True where a credential is that of a principal: names count only under a trusted chain, a key always does. */
export function isPrincipal(principal: Principal, credential: Credential): boolean {
  if (principal.key !== undefined) return credential.key === principal.key;
  if (credential.chain !== 'trusted' || credential.issuer !== principal.issuer) return false;
  const { san, sanPattern } = principal;
  return credential.names.some((name) => (san === undefined ? matchesPattern(sanPattern!, name) : name === san));
}

/**
 * The most principals that the credentials can stand for, each credential for one of them: nobody counts twice, neither
 * by two keys of one principal nor by one key that two patterns fit.
 */
export function quorum(principals: readonly Principal[], credentials: readonly Credential[]): number {
  /** Principal by credential, as matched so far (augmenting paths). */
  const taken = new Map<number, number>();
  const seat = (principal: number, tried: Set<number>): boolean => {
    for (const [i, credential] of credentials.entries()) {
      if (tried.has(i) || !isPrincipal(principals[principal]!, credential)) continue;
      tried.add(i);
      const holder = taken.get(i);
      if (holder === undefined || seat(holder, tried)) {
        taken.set(i, principal);
        return true;
      }
    }
    return false;
  };
  return principals.filter((_, principal) => seat(principal, new Set())).length;
}
