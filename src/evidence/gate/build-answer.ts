/** What the builds of an artifact say of one fact, and whose word it is. */
import { type BuildFact, buildFactsOf } from '../facts/certificate-facts.ts';
import type { Evidence } from '../facts/evidence.ts';
import { type Answer, Findings, type Support } from './findings.ts';

/**
 * What builds of the artifact say of one fact. Of each entry the trusted certificate's word is taken, else the
 * predicate's; an unverified certificate proves its key and nothing else.
 */
export function buildAnswer(about: readonly Evidence[], fact: BuildFact): Answer {
  const findings = new Findings();
  for (const one of about.filter(isOfBuild)) {
    const certified = certifiedFact(one, fact);
    const { index } = one;
    if (certified !== undefined) findings.add(certified, { index, from: 'certificate', chain: 'trusted' });
    else if (one.claim?.kind === 'provenance') findings.add(one.claim[fact], statementBy(one));
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

function certifiedFact({ credentials }: Evidence, fact: BuildFact): string | undefined {
  for (const { chain, facts } of credentials) {
    const value = chain === 'trusted' ? buildFactsOf(facts)[fact] : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}
