/** What an assertion sees: facts that are proved, by names that stay. What is unknown is not there: ask `has()`. */
import { credentialOf } from '../build.ts';
import { dependencyText, isPinned, isPlatform } from '../dependencies.ts';
import { isAttested, standing, verifierOf } from '../evidence-in-force.ts';
import type { Context } from '../rule.ts';
import { allowedSignatures } from '../signature-in-force.ts';
import { isSignedBy, principalsOf, signersText } from '../signers.ts';

/** Facts by the name that expressions call them. */
export const FACT_NAMES = [
  'artifact',
  'provenance',
  'cert',
  'source',
  'deps',
  'attestations',
  'approvals',
  'signers',
  'history',
  'log',
  'revocation',
] as const;

export type Facts = Readonly<Record<(typeof FACT_NAMES)[number], unknown>>;

/** The facts in the forms of CEL: whole numbers as bigint, unknown members left out. */
export function factsFor(context: Context): Facts {
  const { input, build, about, aboutCommit, policy } = context;
  const trusted = build?.trusted === undefined ? undefined : build;
  const credential = trusted && credentialOf(trusted.evidence, trusted.trusted);
  const verified = aboutCommit.filter((evidence) => verifierOf(context, evidence) !== undefined);
  const approvers = Object.values(policy.trust.groups ?? {}).flat();
  const loggedAt = (trusted?.evidence ?? allowedSignatures(context)[0])?.loggedAt;
  const { origin, treeSize, time, feedSize, staleness, witnesses } = input.log;
  return celValue({
    artifact: { name: input.artifact.name, digests: Object.fromEntries(input.artifact.digests), phase: input.phase },
    provenance: trusted && {
      ...trusted.facts,
      level: trusted.trusted?.level,
      builder: trusted.claim.builder,
      buildType: trusted.claim.buildType,
      parameters: trusted.claim.parameters,
      signer: signersText(trusted.evidence),
    },
    cert: credential?.chain === 'trusted' ? { ...credential.facts, lifetime: credential.lifetime } : undefined,
    source: {
      levels: verified.flatMap(({ claim }) => (claim?.kind === 'summary' && claim.passed ? claim.levels : [])),
      activities: verified.flatMap(({ claim }) => (claim?.kind === 'source' ? [claim.activity] : [])),
      actors: verified.flatMap(({ claim }) => (claim?.kind === 'source' ? [claim.actor] : [])),
    },
    deps: (trusted?.claim.dependencies ?? []).map((one) => ({
      uri: one.uri,
      name: dependencyText(one),
      digests: Object.fromEntries(one.digests),
      pinned: isPinned(one),
      platform: isPlatform(one, policy),
    })),
    attestations: about
      .filter((evidence) => isAttested(context, evidence))
      .map(({ claim, predicateType, loggedAt, index }) => ({ type: claim?.kind, predicateType, loggedAt, index })),
    approvals: [...about, ...aboutCommit]
      .filter((evidence) => evidence.claim?.kind === 'approval' && isSignedBy(approvers, evidence))
      .flatMap(({ credentials }) => credentials.flatMap(principalsOf)),
    signers: allowedSignatures(context).flatMap(({ credentials }) => credentials.flatMap(principalsOf)),
    history: {
      signers: [...new Set(standing(input.history, treeSize).flatMap((one) => one.credentials.flatMap(principalsOf)))],
    },
    log: {
      origin,
      treeSize,
      time,
      loggedAt,
      ageSeconds: loggedAt === undefined ? undefined : time - loggedAt,
      witnesses,
    },
    revocation: { feedSize, staleness },
  }) as Facts;
}

function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.filter((one) => one !== undefined).map(celValue);
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(known.map(([name, one]) => [name, celValue(one)]));
}

/** Length of the longest list anywhere in a value. */
export function longestList(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce<number>((longest, one) => Math.max(longest, longestList(one)), 0);
  return Array.isArray(value) ? Math.max(value.length, inner) : inner;
}
