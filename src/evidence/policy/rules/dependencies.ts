/** What went into the build: pinned, from registries that are known, attested, untainted. */
import type { Dependency, PinSetClaim } from '../../../entry/predicate/claim.ts';
import { readRepository } from '../../../entry/predicate/repository.ts';
import type { Evidence } from '../../facts/evidence.ts';
import { buildOf } from '../build.ts';
import { dependencyText, digestTerms, isOwnSource, isPinned, isPlatform } from '../dependencies.ts';
import { matchesAny } from '../document/pattern.ts';
import { isAbout, isAboutCommit, isAttested, refusals, standing, verifierOf } from '../evidence-in-force.ts';
import { AFTER_BUILD, type Context, fail, listed, pass, type Rule, unknown, whether } from '../rule.ts';
import { sourceLevel } from './source.ts';

const inputs: Rule = {
  id: 'dependencies.inputs',
  section: 'dependencies',
  codes: ['MUTABLE_INPUT'],
  failure: 'the build took in something that is named without a digest, and may be something else tomorrow',
  fix: 'pin it by digest; what the platform supplies belongs into require.dependencies.platform',
  protects: 'inputs that change under their name: branches, tags, `latest`',
  example: 'A material `git+https://github.com/acme/api@refs/heads/main` and no digest. Mend: record the commit.',
  onBuild: true,
  expected: ({ require }) => (require.dependencies?.pinned === undefined ? undefined : 'digests for all inputs'),
  judge: ({ policy, build }) => {
    const loose = build!.claim.dependencies.filter((one) => !isPinned(one) && !isPlatform(one, policy));
    return whether(loose.length === 0, loose.length === 0 ? 'all pinned' : listed(loose.map(dependencyText)), [
      build!.evidence,
    ]);
  },
};

const pinSet: Rule = {
  id: 'dependencies.pin-set',
  section: 'dependencies',
  codes: ['UNPINNED_DEPENDENCY'],
  failure: 'workflow or lock files point to something without a digest, or no pin set says what they point to',
  fix: 'pin the line that is named by digest, and log a pin set of the commit',
  protects: 'actions and packages that are swapped under a tag, which stock provenance does not even list',
  example: 'One `uses: x@v4` among twenty pinned ones. Mend: `uses: x@<commit>`.',
  phases: ['build-input', 'release', 'deploy'],
  expected: ({ require }) => (require.dependencies?.pinned === 'digest' ? 'a pin set without loose ends' : undefined),
  judge: (context) => {
    const sets = pinSets(context);
    const loose = ({ claim }: { claim: PinSetClaim }) =>
      claim.pins.filter((pin) => !isPinned(pin) && !isPlatform(pin, context.policy));
    const whole = sets.find((set) => loose(set).length === 0);
    if (whole !== undefined) return pass(`${whole.claim.pins.length} pinned`, [whole.evidence]);
    const last = sets.at(-1);
    if (last === undefined) return fail('no pin set');
    return fail(listed(loose(last).map((pin) => `${pin.at ?? 'somewhere'}: ${dependencyText(pin)}`)), [last.evidence]);
  },
};

const registries: Rule = {
  id: 'dependencies.registries',
  section: 'dependencies',
  codes: ['REGISTRY_NOT_ALLOWED'],
  failure: 'a dependency came from a registry that the policy does not name',
  fix: 'take it from a registry of require.dependencies.registries',
  protects: 'packages from shared places where anyone can put one under a look-alike name',
  example: 'A package from `https://registry.example/`. Mend: mirror it, and take it from the mirror.',
  onBuild: true,
  expected: ({ require }) => require.dependencies?.registries && listed(require.dependencies.registries),
  judge: ({ policy, build }) => {
    const allowed = policy.require.dependencies?.registries ?? [];
    const strange = build!.claim.dependencies.filter(
      (one) =>
        !isPlatform(one, policy) &&
        !isOwnSource(one, build!) &&
        one.uri?.startsWith('git+') !== true &&
        !(one.uri !== undefined && matchesAny(allowed, one.uri)),
    );
    const actual = strange.length === 0 ? 'none other' : listed(strange.map(dependencyText));
    return whether(strange.length === 0, actual, [build!.evidence]);
  },
};

const attested: Rule = {
  id: 'dependencies.attested',
  section: 'dependencies',
  codes: ['DEPENDENCY_UNATTESTED'],
  failure: 'too few dependencies have provenance of their own',
  fix: 'use dependencies with provenance, or have those that have none verified and log the summaries',
  protects: 'dependencies that come from nowhere',
  example: '`attested: ">=90% L1"`, and half of them have provenance. Mend: replace or verify the others.',
  onBuild: true,
  expected: ({ require }) => {
    const share = require.dependencies?.attested;
    return share && `at least ${share.percent}% at SLSA Build level ${share.level}`;
  },
  judge: (context) => {
    const { policy, build } = context;
    const { percent, level } = policy.require.dependencies!.attested!;
    const own = build!.claim.dependencies.filter((one) => !isPlatform(one, policy) && !isOwnSource(one, build!));
    const proofs = own.map((one) => proofOf(context, one, level)).filter((one) => one !== undefined);
    const holds = proofs.length * 100 >= percent * own.length;
    return whether(holds, `${proofs.length} of ${own.length}`, [build!.evidence, ...proofs]);
  },
};

const revisions: Rule = {
  id: 'dependencies.source',
  section: 'dependencies',
  codes: ['SOURCE_UNATTESTED', 'SOURCE_LEVEL'],
  failure: 'no trusted verifier vouches for a git revision that the build took in',
  fix: 'use a revision that went through a protected branch, or have its verifier log a summary',
  protects: 'actions and submodules whose tag was moved to a commit that nobody reviewed',
  example:
    '`sourceLevel: 1`, and `uses: x@v1` ran a commit that no branch holds. Mend: pin a commit that has a summary.',
  onBuild: true,
  expected: ({ require }) => {
    const least = require.dependencies?.sourceLevel;
    return least === undefined ? undefined : `SLSA Source level ${least} of every git revision that was taken in`;
  },
  judge: (context) => {
    const least = context.policy.require.dependencies!.sourceLevel!;
    const found = revisionsTakenIn(context).map((dependency) => ({ dependency, best: sourceOf(context, dependency) }));
    const short = found.filter(({ best }) => (best?.level ?? 0) < least);
    if (short.length === 0) {
      return pass(
        `all ${found.length}`,
        found.map(({ best }) => best!.evidence),
      );
    }
    const unattested = short.filter(({ best }) => best === undefined);
    const code = unattested.length > 0 ? 'SOURCE_UNATTESTED' : 'SOURCE_LEVEL';
    const named = (unattested.length > 0 ? unattested : short).map(({ dependency }) => dependencyText(dependency));
    return fail(listed(named), [context.build!.evidence], code);
  },
};

const tainted: Rule = {
  id: 'dependencies.tainted',
  section: 'dependencies',
  codes: ['TAINTED_DEPENDENCY'],
  failure: 'a dependency was declared tainted',
  fix: 'build again without it; what was built with it may carry what is wrong with it',
  protects: 'artifacts that are perfectly signed, with poisoned dependencies in them',
  example: 'A commit of an action is tainted, and the build ran it. Mend: build with another commit.',
  phases: ['build-input', ...AFTER_BUILD],
  expected: ({ require }) => (require.dependencies?.tainted === 0 ? 'none' : undefined),
  judge: ({ input }) => {
    const taints = [...input.taints].filter(([, rulings]) => refusals(rulings).length > 0);
    if (taints.length === 0) return pass('none');
    const by = taints.flatMap(([, rulings]) => refusals(rulings).flatMap((ruling) => ruling.by));
    return { ...fail(listed(taints.map(([name]) => name))), by };
  },
};

const pipeline: Rule = {
  id: 'dependencies.pipeline',
  section: 'dependencies',
  codes: ['IDENTITY_PENDING'],
  failure: 'whoever signed the build ran a tainted dependency before, and nobody has reinstated him since',
  fix: 'change every secret that the pipeline can reach, then let an owner reinstate its identity',
  protects: 'releases in the name of a pipeline whose secrets a poisoned dependency may have taken along',
  example: 'A scanner is tainted, the pipeline ran it, and releases again. Mend: rotate its tokens, and reinstate it.',
  onBuild: true,
  expected: ({ require }) => (require.dependencies?.tainted === 0 ? 'a signer who ran nothing tainted' : undefined),
  judge: ({ input, build }) => {
    const rulings = input.pipelines.rulings.get(build!.evidence.index) ?? [];
    const by = rulings.flatMap((ruling) => ruling.by);
    if (rulings.length > 0) return { ...fail('suspended-pending', [build!.evidence]), by };
    return input.pipelines.complete ? pass('none known') : unknown('more statements list it than are looked at');
  },
};

/** Pin sets of trusted attestors, about the commit or the artifact. */
function pinSets(context: Context): { evidence: Evidence; claim: PinSetClaim }[] {
  return [...context.aboutCommit, ...context.about].flatMap((evidence) => {
    const { claim } = evidence;
    return claim?.kind === 'pin-set' && isAttested(context, evidence) ? [{ evidence, claim }] : [];
  });
}

/** Git revisions that the build or a pin set of it names by commit, other than what was built and the platform's. */
function revisionsTakenIn(context: Context): Dependency[] {
  const { policy, build } = context;
  const named = [...build!.claim.dependencies, ...pinSets(context).flatMap(({ claim }) => claim.pins)];
  return named.filter((one) => one.digests.has('gitCommit') && !isPlatform(one, policy) && !isOwnSource(one, build!));
}

/** The highest SLSA Source level that a trusted verifier's summary states of a revision, in its own repository. */
function sourceOf(context: Context, { uri, digests }: Dependency): { evidence: Evidence; level: number } | undefined {
  const commit = digests.get('gitCommit')!;
  const { input } = context;
  const repository = readRepository(uri ?? '')?.repository;
  let best: { evidence: Evidence; level: number } | undefined;
  for (const evidence of standing(input.dependencies.get(`gitCommit:${commit}`) ?? [], input.log.treeSize)) {
    const { claim } = evidence;
    const verifier = verifierOf(context, evidence);
    if (claim?.kind !== 'summary' || !claim.passed || verifier === undefined || !isAboutCommit(evidence, commit))
      continue;
    if (repository === undefined || readRepository(claim.resource ?? '')?.repository !== repository) continue;
    const level = Math.min(verifier.level, Math.max(0, ...claim.levels.map(sourceLevel)));
    if (best === undefined || best.level < level) best = { evidence, level };
  }
  return best;
}

/** Evidence that a dependency reaches the level: a trusted build of it, or a trusted verifier's summary. */
function proofOf(context: Context, dependency: Dependency, level: number): Evidence | undefined {
  const { policy, input } = context;
  const known = digestTerms(dependency.digests).flatMap((term) => input.dependencies.get(term) ?? []);
  return standing(known, input.log.treeSize).find((evidence) => {
    if (!isAbout(evidence, dependency.digests)) return false;
    const { claim } = evidence;
    if (claim?.kind === 'provenance') return (buildOf(evidence, policy)?.trusted?.level ?? 0) >= level;
    if (claim?.kind !== 'summary' || !claim.passed || verifierOf(context, evidence) === undefined) return false;
    return claim.levels.some((one) => Number(/^SLSA_BUILD_LEVEL_([0-3])$/.exec(one)?.[1] ?? 0) >= level);
  });
}

export const DEPENDENCY_RULES: readonly Rule[] = [inputs, pinSet, registries, attested, revisions, tainted, pipeline];
