/** What the builds of an artifact say of one fact, and whose word it is. */
import { type BuildFact, buildFactsOf } from '../facts/certificate-facts.ts';
import type { Evidence } from '../facts/evidence.ts';
import { type Answer, Findings, type Support } from './findings.ts';

/**
 * What builds of the artifact say of one fact. Of each entry the trusted certificate's word is taken, else the
 * predicate's; an unverified certificate proves its key and nothing else. Where the artifact is a commit, source and tag
 * provenance say where it is from.
 */
export function buildAnswer(about: readonly Evidence[], fact: BuildFact): Answer {
  const findings = new Findings();
  for (const one of about) {
    const { index, claim } = one;
    const certified = isOfBuild(one) ? certifiedFact(one, fact) : undefined;
    if (certified !== undefined) findings.add(certified, { index, from: 'certificate', chain: 'trusted' });
    else if (claim?.kind === 'provenance') findings.add(claim[fact], statementBy(one));
    else findings.add(revisionFact(one, fact), statementBy(one));
  }
  return findings.answer({ several: false });
}

/** Provenance; and bare signatures, which a build's certificate can be behind. Others are signed by who checked it. */
export function isOfBuild({ claim, payload }: Evidence): boolean {
  return claim?.kind === 'provenance' || payload === 'absent';
}

/** Support by an entry's statement. */
export function statementBy({ index, credentials }: Evidence): Support {
  const trusted = credentials.some(({ chain }) => chain === 'trusted');
  return { index, from: 'statement', chain: trusted ? 'trusted' : 'unverified' };
}

/** What is said of a revision itself. A branch that it was on is where it is from; a tag was put on it later. */
function revisionFact({ claim, subjects }: Evidence, fact: BuildFact): string | undefined {
  if (claim?.kind !== 'source' && claim?.kind !== 'tag') return undefined;
  if (fact === 'repository') return claim.repository;
  if (fact === 'commit') return subjects[0]?.digests.get('gitCommit');
  return fact === 'ref' && claim.kind === 'source' ? claim.ref : undefined;
}

function certifiedFact({ credentials }: Evidence, fact: BuildFact): string | undefined {
  for (const { chain, facts } of credentials) {
    const value = chain === 'trusted' ? buildFactsOf(facts)[fact] : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}
