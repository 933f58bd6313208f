/** Where certificate and predicate contradict each other: the certificate is the issuer's word, the predicate the build's. */
import type { Mismatch } from '../../facts/evidence.ts';
import { credentialOf } from '../build.ts';
import type { FailureCode } from '../failure-code.ts';
import { fail, pass, type Rule } from '../rule.ts';
import { isBuildRequired } from './provenance.ts';

const CODES: Readonly<Record<Mismatch['fact'], FailureCode>> = {
  repository: 'REPOSITORY_MISMATCH',
  repositoryId: 'REPOSITORY_ID_MISMATCH',
  commit: 'COMMIT_MISMATCH',
  ref: 'REF_MISMATCH',
  trigger: 'TRIGGER_MISMATCH',
  runner: 'RUNNER_MISMATCH',
  invocation: 'INVOCATION_MISMATCH',
  environment: 'ENVIRONMENT_MISMATCH',
};

/** Always required with provenance: a document that contradicts itself proves nothing. */
export const MISMATCH_RULES: readonly Rule[] = Object.entries(CODES).map(([fact, code]) => ({
  id: `consistent.${fact}`,
  section: 'provenance',
  codes: [code],
  failure: `the certificate and the provenance name different values: ${fact}`,
  fix: 'do not use the artifact before you know why: a build does not contradict its own identity by accident',
  protects: `provenance that was written by something else than the run that the certificate is for (${fact})`,
  example: `The certificate says one ${fact}, the predicate another. Mend: build anew, with the builder's own provenance.`,
  onBuild: true,
  expected: ({ require }) => (isBuildRequired(require) ? 'what the certificate says' : undefined),
  judge: ({ build }) => {
    const { evidence, trusted } = build!;
    // An unverified certificate proves its key and nothing else, so nothing can contradict it.
    if (credentialOf(evidence, trusted)?.chain !== 'trusted') return pass('no trusted certificate', [evidence]);
    const found = evidence.mismatches.find((mismatch) => mismatch.fact === fact);
    if (found === undefined) return pass('no contradiction', [evidence]);
    return fail(`certificate ${found.certificate.slice(0, 200)}, predicate ${found.predicate.slice(0, 200)}`, [
      evidence,
    ]);
  },
}));
