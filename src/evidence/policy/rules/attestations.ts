/** Further attestations: SBOMs, test results, scans, and any predicate type. One that satisfies all is enough. */
import type { Evidence } from '../../facts/evidence.ts';
import { writeDuration } from '../document/duration.ts';
import { matches } from '../document/pattern.ts';
import type { AttestationRequirement } from '../document/require.ts';
import { isAttested } from '../evidence-in-force.ts';
import type { FailureCode } from '../failure-code.ts';
import type { Context, Finding, Rule } from '../rule.ts';

const present = onAttestations('attest.present', 'ATTESTATION_MISSING', () => 'an attestation', {
  failure: 'an attestation that is required is missing, or is by nobody whose attestations count',
  fix: 'make it in the pipeline and log it; its signer must be in trust.attestors',
  protects: 'releases that nobody tested, scanned or took stock of',
  example: '`attest: [{type: spdx|cyclonedx}]`, and there is no SBOM. Mend: make one, and log it.',
});

const fresh = onAttestations(
  'attest.fresh',
  'ATTESTATION_STALE',
  ({ maxAge, maxDbAge }) => {
    const limits = [
      maxAge && `logged within ${writeDuration(maxAge)}`,
      maxDbAge && `a database of at most ${writeDuration(maxDbAge)}`,
    ];
    return limits.filter(Boolean).join(', ') || undefined;
  },
  {
    failure: 'an attestation is too old by log time, or its scanner had an old database',
    fix: 'make it anew, with an updated database, and log it',
    protects: 'a clean scan from before the flaw was known',
    example: '`{type: vulns, maxDbAge: 24h}`, and the database is a week old. Mend: update it and scan again.',
  },
);

const result = onAttestations(
  'attest.result',
  'TEST_FAILED',
  ({ type, equals }) => (type.split('|').includes('test-result') ? (equals?.result ?? 'PASSED') : undefined),
  {
    failure: 'the tests did not end as they must',
    fix: 'mend what the tests found, and release what passes',
    protects: 'releases of what is known to be broken',
    example: '`equals: {result: PASSED}`, and the result is FAILED. Mend: make the tests pass.',
  },
);

const findings = onAttestations(
  'attest.findings',
  'VULNERABILITY_FOUND',
  ({ accepted }) => accepted && `none but ${accepted.length} accepted`,
  {
    failure: 'a scan found a vulnerability that nobody accepted',
    fix: 'take the mended version of what it was found in, or accept it with its id',
    protects: 'releases with flaws that are known and have names',
    example: '`accepted: []`, and CVE-2026-1 was found. Mend: update the package.',
  },
);

/** How one statement falls short; undefined where it satisfies all. */
interface Shortfall {
  readonly code: FailureCode;
  readonly actual: string;
  readonly evidence: readonly Evidence[];
}

/** A rule with one finding for each required attestation that it concerns. */
function onAttestations(
  id: string,
  code: FailureCode,
  expected: (item: AttestationRequirement) => string | undefined,
  words: Pick<Rule, 'failure' | 'fix' | 'protects' | 'example'>,
): Rule {
  const said = (item: AttestationRequirement) => {
    const what = expected(item);
    return what && `${item.type}: ${what}`;
  };
  return {
    id,
    section: 'attestations',
    codes: [code],
    ...words,
    expected: ({ require }) => require.attest?.map(said).filter(Boolean).join('; ') || undefined,
    judge: (context) =>
      (context.policy.require.attest ?? []).flatMap((item): Finding[] => {
        const expectation = said(item);
        if (expectation === undefined) return [];
        const { shortfall, evidence } = bestOf(item, context);
        const base = { expected: expectation, evidence };
        if (shortfall?.code === code) return [{ ...base, outcome: 'fail', actual: shortfall.actual }];
        if (shortfall?.code === 'ATTESTATION_MISSING') {
          return [{ ...base, outcome: 'unknown', actual: 'there is none', code: shortfall.code }];
        }
        return [{ ...base, outcome: 'pass', actual: 'found' }];
      }),
  };
}

/** The statement that satisfies all, or else the newest one with what it lacks. */
function bestOf(
  item: AttestationRequirement,
  context: Context,
): { shortfall?: Shortfall; evidence: readonly Evidence[] } {
  const found = [...context.about, ...context.aboutCommit].filter(
    (evidence) => isOfType(item, evidence) && isAttested(context, evidence),
  );
  let newest: Shortfall = { code: 'ATTESTATION_MISSING', actual: 'none', evidence: [] };
  for (const evidence of found) {
    const shortfall = shortfallOf(item, evidence, context);
    if (shortfall === undefined) return { evidence: [evidence] };
    newest = { ...shortfall, evidence: [evidence] };
  }
  return { shortfall: newest, evidence: newest.evidence };
}

function isOfType({ type, config }: AttestationRequirement, { claim, predicateType }: Evidence): boolean {
  const isOne = type.split('|').some((one) => {
    if (one === 'spdx' || one === 'cyclonedx') return claim?.kind === 'sbom' && claim.format === one;
    if (one === 'vulns') return claim?.kind === 'vulnerabilities';
    return claim?.kind === one || (one.includes(':') && predicateType === one && claim !== undefined);
  });
  if (!isOne || config === undefined) return isOne;
  return (
    claim?.kind === 'test-result' &&
    claim.configurations.some(({ uri, name }) => [uri, name].some((one) => one !== undefined && matches(config, one)))
  );
}

function shortfallOf(
  { maxAge, maxDbAge, equals, accepted }: AttestationRequirement,
  { claim, loggedAt }: Evidence,
  { input }: Context,
): Pick<Shortfall, 'code' | 'actual'> | undefined {
  const age = input.log.time - loggedAt;
  if (maxAge !== undefined && age > maxAge) return { code: 'ATTESTATION_STALE', actual: `logged ${age}s ago` };
  if (claim?.kind === 'test-result' && claim.result !== (equals?.result ?? 'PASSED')) {
    return { code: 'TEST_FAILED', actual: claim.result?.slice(0, 64) ?? 'unknown' };
  }
  if (claim?.kind !== 'vulnerabilities') return undefined;
  // No scan can have used a database that is younger than itself.
  const updated = Math.min(claim.databaseUpdatedOn ?? Number.NEGATIVE_INFINITY, loggedAt);
  if (maxDbAge !== undefined && input.log.time - updated > maxDbAge) {
    return { code: 'ATTESTATION_STALE', actual: `database of ${claim.databaseUpdatedOn ?? 'an unknown time'}` };
  }
  const open = accepted && claim.found.filter((id) => !accepted.includes(id));
  return open && open.length > 0 ? { code: 'VULNERABILITY_FOUND', actual: open.slice(0, 4).join(', ') } : undefined;
}

export const ATTESTATION_RULES: readonly Rule[] = [present, fresh, result, findings];
