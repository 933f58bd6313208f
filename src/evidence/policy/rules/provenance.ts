/** Provenance: that there is some, by a builder and signer who belong together, at the level that is asked for. */
import type { Requirements } from '../document/require.ts';
import { type Context, fail, listed, pass, type Rule, whether } from '../rule.ts';
import { signersText } from '../signers.ts';

const present: Rule = {
  id: 'provenance.present',
  section: 'provenance',
  codes: ['NO_PROVENANCE'],
  failure: 'nothing says how this artifact was built',
  fix: 'build it where provenance is made, and log that: a signature alone does not say how something was built',
  protects: 'artifacts from a laptop, or from whoever holds a stolen token: rightly signed, and built anywhere',
  example: 'A package published with a token and without provenance. Mend: publish it from the build.',
  expected: ({ require }) => (isBuildRequired(require) ? 'provenance that stands' : undefined),
  judge: ({ build }) =>
    build === undefined ? fail('none that stands') : pass(`SLSA provenance ${build.claim.version}`, [build.evidence]),
};

const builder: Rule = {
  id: 'provenance.builder',
  section: 'provenance',
  codes: ['BUILDER_NOT_ALLOWED'],
  failure: 'the policy does not know this builder',
  fix: 'build with a builder of trust.builders, or add this one with its signer and level',
  protects: 'builds on machines that nobody vouches for',
  example: "`builder.id` is somebody's own runner. Mend: build on a runner that the policy names.",
  onBuild: true,
  expected: (policy) =>
    isBuildRequired(policy.require) ? listed((policy.trust.builders ?? []).map(({ id }) => id)) : undefined,
  judge: ({ build }) => whether(build!.isBuilderNamed, build!.claim.builder, [build!.evidence]),
};

const signer: Rule = {
  id: 'provenance.signer',
  section: 'provenance',
  codes: ['SIGNER_NOT_ALLOWED'],
  failure: 'the provenance is not signed by the signer who belongs to this builder',
  fix: 'build from the workflow that the policy names; if it has moved, change the signer in the policy',
  protects: "provenance that names a trusted builder and is somebody else's: anyone can write any builder into it",
  example: "Provenance from a fork's workflow. Mend: release from the workflow in `trust.builders[].signer`.",
  onBuild: true,
  expected: (policy) =>
    isBuildRequired(policy.require)
      ? listed((policy.trust.builders ?? []).map((one) => one.signer.san ?? one.signer.key ?? ''))
      : undefined,
  judge: (context) => {
    const { evidence, trusted } = context.build!;
    if (trusted !== undefined) return pass(signersText(evidence), [evidence]);
    const before = earlierSigners(context);
    const history = before.length === 0 ? '' : `; earlier ones were signed by ${listed(before)}`;
    return fail(`${signersText(evidence)}${history}`, [evidence]);
  },
};

const level: Rule = {
  id: 'provenance.level',
  section: 'provenance',
  codes: ['LEVEL_TOO_LOW'],
  failure: "the builder's SLSA Build level is too low",
  fix: 'build with a builder of a higher level: an isolated, hosted one, signing outside the build',
  protects: 'provenance that the build itself could have written',
  example: '`level: 3`, built by a builder that the policy knows at level 2. Mend: use a reusable workflow that signs.',
  onBuild: true,
  expected: ({ require }) =>
    require.provenance?.level === undefined ? undefined : `SLSA Build level ${require.provenance.level}`,
  judge: ({ policy, build }) => {
    // A builder that is trusted by no pair is believed nothing: level 1 is for what anyone can write.
    const reached = build!.trusted?.level ?? 1;
    return whether(reached >= (policy.require.provenance?.level ?? 1), `level ${reached}`, [build!.evidence]);
  },
};

/** Source, dependencies and approvals are those of a build: whoever asks for them asks for provenance that names them. */
export function isBuildRequired(require: Requirements): boolean {
  const { provenance, source, dependencies, approvals } = require;
  return (provenance ?? source ?? dependencies ?? approvals) !== undefined;
}

/** Who signed the provenance of earlier releases, for the message. */
function earlierSigners({ input }: Context): string[] {
  const signed = input.history.filter(({ evidence }) => evidence.claim?.kind === 'provenance');
  return [...new Set(signed.map(({ evidence }) => signersText(evidence)))];
}

export const PROVENANCE_RULES: readonly Rule[] = [present, builder, signer, level];
