/** What counts of what was collected: what stands, and is about the very thing that is judged. */
import type { Digests } from '../../entry/predicate/claim.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { Ruling } from '../revocation/standing.ts';
import { normalUri } from './build.ts';
import { matches } from './document/pattern.ts';
import type { Verifier } from './document/trust.ts';
import type { Judged } from './policy-input.ts';
import type { Context } from './rule.ts';
import { isSignedBy, isSigner, shareSigner } from './signers.ts';

/** Algorithms by which a subject may be matched: of the others collisions are known, or nothing is. */
const ACCEPTED = new Set(['sha256', 'sha384', 'sha512', 'sha3_256', 'sha3_384', 'sha3_512', 'gitCommit']);

/** Those by whose algorithm a subject may be matched. */
export function acceptedDigests(digests: Digests): Digests {
  return new Map([...digests].filter(([algorithm]) => ACCEPTED.has(algorithm)));
}

/** True where a subject shares a digest of an accepted algorithm. */
export function isAbout(evidence: Evidence, digests: Digests): boolean {
  return evidence.subjects.some((subject) =>
    [...digests].some(([algorithm, digest]) => ACCEPTED.has(algorithm) && subject.digests.get(algorithm) === digest),
  );
}

/** True where a subject is this commit; statements from before `gitCommit` call its digest `sha1`. */
export function isAboutCommit(evidence: Evidence, commit: string): boolean {
  return evidence.subjects.some(({ digests }) => digests.get('gitCommit') === commit || digests.get('sha1') === commit);
}

/** Evidence that nothing was ruled against, logged within the tree that is judged. */
export function standing(judged: readonly Judged[], treeSize: number): Evidence[] {
  return judged
    .filter(({ evidence, rulings }) => rulings.length === 0 && evidence.countsFrom < treeSize)
    .map(({ evidence }) => evidence);
}

/** Rulings that refuse. That something was superseded is information. */
export function refusals(rulings: readonly Ruling[]): readonly Ruling[] {
  return rulings.filter(({ code }) => code !== 'SUPERSEDED');
}

/** True where this signer's attestations count: attestors, or else signers of artifacts and whoever signed the build. */
export function isAttested({ policy, build }: Pick<Context, 'policy' | 'build'>, evidence: Evidence): boolean {
  const { attestors, signers } = policy.trust;
  if (attestors !== undefined) return isSignedBy(attestors, evidence);
  if (signers !== undefined && isSignedBy(signers, evidence)) return true;
  return build?.trusted !== undefined && shareSigner(build.evidence, evidence);
}

/** The verifier whose summary or source statement this is. */
export function verifierOf({ policy }: Pick<Context, 'policy'>, evidence: Evidence): Verifier | undefined {
  const { claim } = evidence;
  return policy.trust.verifiers?.find(({ id, signer }) => {
    if (!evidence.credentials.some((credential) => isSigner(signer, credential))) return false;
    if (claim?.kind !== 'summary') return true;
    return claim.verifier !== undefined && matches(id, claim.verifier);
  });
}

/** True where a statement's repository is that of the build; before a build, the one that the policy names. */
export function isSameRepository(
  { policy, build }: Pick<Context, 'policy' | 'build'>,
  stated: string | undefined,
): boolean {
  const repository = normalUri(stated);
  if (repository === undefined) return false;
  const built = build?.facts.repository;
  if (built !== undefined) return normalUri(built) === repository;
  const { repo } = policy.require.provenance ?? {};
  return repo === undefined || matches(repo.uri, repository);
}
