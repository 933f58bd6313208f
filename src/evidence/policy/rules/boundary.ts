/** Whether those who must check each other are different, and whether keys are kept so that losing one matters little. */
import type { Evidence } from '../../facts/evidence.ts';
import { type Build, buildOf, credentialOf } from '../build.ts';
import { writeDuration } from '../document/duration.ts';
import type { PolicyDocument } from '../document/policy.ts';
import { verifierOf } from '../evidence-in-force.ts';
import { type Context, fail, listed, pass, type Rule, unknown, whether } from '../rule.ts';
import { isSignedBy, principalsOf, shareSigner, signersText } from '../signers.ts';

const separation: Rule = {
  id: 'separation.build-config',
  section: 'provenance',
  codes: ['SEPARATION'],
  failure: 'the workflow that was started also signed: the build could reach the signing',
  fix: 'sign in a reusable workflow of its own, which the build cannot change',
  protects: 'builds that write and sign their own provenance',
  example:
    "The certificate's build signer and build config are the same workflow. Mend: use a reusable workflow that signs.",
  onBuild: true,
  expected: (policy) => (separates(policy, 'signer!=buildConfig') ? 'a signer apart from the workflow' : undefined),
  judge: ({ build }) => {
    const { buildSigner, buildConfig } = build!.facts;
    if (buildSigner === undefined || buildConfig === undefined) return fail('unknown', [build!.evidence]);
    return whether(buildSigner !== buildConfig, buildSigner, [build!.evidence]);
  },
};

const boundary: Rule = {
  id: 'separation.signers',
  section: 'provenance',
  codes: ['SHARED_TRUST_BOUNDARY'],
  failure: 'one identity or key vouches for both sides of a check',
  fix: 'let source verification, approval and build sign with identities of their own',
  protects: 'a single stolen identity that can vouch for its own work',
  example: 'One key signed the source summary and the provenance. Mend: give the source verifier its own identity.',
  onBuild: true,
  expected: (policy) => {
    const apart = (['signer!=sourceVerifier', 'signer!=approver'] as const).filter((one) => separates(policy, one));
    return apart.length === 0 ? undefined : listed(apart);
  },
  judge: (context) => {
    const { policy, build, about, aboutCommit } = context;
    const checks: [string, readonly Evidence[]][] = [];
    if (separates(policy, 'signer!=sourceVerifier')) {
      checks.push([
        'source verifier',
        aboutCommit.filter((one) => one.claim?.kind === 'summary' && verifierOf(context, one)),
      ]);
    }
    if (separates(policy, 'signer!=approver')) {
      const group = policy.trust.groups?.[policy.require.approvals?.from.slice(6) ?? ''] ?? [];
      const approvals = [...about, ...aboutCommit].filter(
        (one) => one.claim?.kind === 'approval' && isSignedBy(group, one),
      );
      checks.push(['approver', approvals]);
    }
    for (const [who, all] of checks) {
      const apart = all.find((one) => !shareSigner(one, build!.evidence));
      if (apart !== undefined) continue;
      return fail(all.length === 0 ? `no ${who}` : `${who}: ${signersText(all[0]!)}`, all.slice(0, 1));
    }
    return pass('different', [build!.evidence]);
  },
};

const ephemeral: Rule = {
  id: 'keys.ephemeral',
  section: 'provenance',
  codes: ['LONG_LIVED_KEY'],
  failure: 'a long-lived key signed the provenance',
  fix: 'sign with a short-lived certificate for the identity of the workload, or list the key in trust.keys',
  protects: 'keys that are stolen and used for years',
  example: '`ephemeral: 15m`, signed with a key file. Mend: sign keyless, with the identity of the job.',
  onBuild: true,
  expected: ({ require }) => {
    const longest = require.provenance?.keys?.ephemeral;
    return longest === undefined ? undefined : `a trusted certificate of at most ${writeDuration(longest)}`;
  },
  judge: ({ policy, build }) => {
    const { evidence, trusted } = build!;
    const longest = policy.require.provenance?.keys?.ephemeral ?? 0;
    const credential = credentialOf(evidence, trusted);
    if (credential === undefined) return fail('a key without trusted certificate', [evidence]);
    if (policy.trust.keys?.includes(credential.key)) return pass('a key that trust.keys lists', [evidence]);
    const { kind, chain, lifetime } = credential;
    if (kind !== 'certificate' || chain !== 'trusted') return fail('a key without trusted certificate', [evidence]);
    return whether(lifetime !== undefined && lifetime <= longest, `a certificate of ${lifetime ?? 'unknown'}s`, [
      evidence,
    ]);
  },
};

const reuse: Rule = {
  id: 'keys.reuse',
  section: 'provenance',
  codes: ['KEY_REUSE'],
  failure: 'one key signs for too many repositories',
  fix: 'give each repository a key or identity of its own',
  protects: 'one stolen key that opens everything',
  example: '`maxRepositories: 3`, and the key signed for five. Mend: a key for each, or keyless signing.',
  onBuild: true,
  expected: ({ require }) => {
    const most = require.provenance?.keys?.maxRepositories;
    return most === undefined ? undefined : `at most ${most} repositories`;
  },
  judge: ({ policy, input, build }) => {
    const { evidence, trusted, facts } = build!;
    if (!input.complete) return unknown('what else it signed is not completely known', [evidence], 'INCOMPLETE');
    const key = credentialOf(evidence, trusted)?.key ?? '';
    const all = new Set(input.repositories.get(key) ?? []);
    if (facts.repository !== undefined) all.add(facts.repository);
    return whether(
      all.size <= (policy.require.provenance?.keys?.maxRepositories ?? 0),
      `${all.size}: ${listed([...all])}`,
      [evidence],
    );
  },
};

const reproduced: Rule = {
  id: 'provenance.reproduced',
  section: 'provenance',
  codes: ['NOT_REPRODUCED'],
  failure: 'too few independent builders made this very artifact',
  fix: 'build it on another builder too, of another owner, and log that provenance',
  protects: 'a builder that is itself compromised: poisoned caches, a taken-over runner',
  example: '`reproduced: 2`, and only one builder made it. Mend: rebuild it elsewhere; the digests must agree.',
  onBuild: true,
  expected: ({ require }) => {
    const number = require.provenance?.reproduced;
    return number === undefined ? undefined : `${number} independent builders, or a trusted summary that says so`;
  },
  judge: (context) => {
    const { policy, about } = context;
    const summary = about.find(
      (one) =>
        one.claim?.kind === 'summary' &&
        one.claim.passed &&
        one.claim.levels.includes(REPRODUCED) &&
        verifierOf(context, one),
    );
    if (summary !== undefined) return pass('verified as reproduced', [summary]);
    const needed = policy.require.provenance?.reproduced ?? 2;
    const independent = independentBuilds(context, needed);
    return whether(independent.length >= needed, `${independent.length}`, independent);
  },
};

/** SLSA 1.2, verified properties. */
const REPRODUCED = 'SLSA_BUILD_REPRODUCED';

/** As many builds as needed that share no name, key, builder or owner with each other; fewer where there are not. */
function independentBuilds({ policy, about }: Context, needed: number): readonly Evidence[] {
  const builds = about.flatMap((evidence) => {
    const build = buildOf(evidence, policy);
    return build?.trusted === undefined ? [] : [{ evidence, marks: marksOf(build) }];
  });
  // Taking them first come, first served would let one that shares with two others hide both.
  const search = (from: number, taken: typeof builds): typeof builds => {
    if (taken.length === needed) return taken;
    let best = taken;
    for (let at = from; at < builds.length && best.length < needed; at++) {
      const next = builds[at]!;
      if (taken.some(({ marks }) => next.marks.some((mark) => marks.includes(mark)))) continue;
      const found = search(at + 1, [...taken, next]);
      if (found.length > best.length) best = found;
    }
    return best;
  };
  return search(0, []).map(({ evidence }) => evidence);
}

function marksOf({ evidence, claim, facts }: Build): string[] {
  const marks = evidence.credentials.flatMap((credential) => [credential.key, ...principalsOf(credential)]);
  marks.push(`builder ${claim.builder}`);
  if (facts.ownerId !== undefined) marks.push(`owner ${facts.ownerId}`);
  return marks;
}

type Separation = NonNullable<NonNullable<PolicyDocument['require']['provenance']>['separation']>[number];

function separates({ require }: PolicyDocument, what: Separation): boolean {
  return require.provenance?.separation?.includes(what) ?? false;
}

export const BOUNDARY_RULES: readonly Rule[] = [separation, boundary, ephemeral, reuse, reproduced];
