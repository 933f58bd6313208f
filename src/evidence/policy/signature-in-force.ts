/** What counts as the artifact's signature, and whose is allowed. */
import type { Evidence } from '../facts/evidence.ts';
import type { Context } from './rule.ts';
import { isSignedBy, isSigner } from './signers.ts';

type Asked = Pick<Context, 'policy' | 'about' | 'build'>;

/** Anything signed about the artifact, or, where a release is asked for, only what is no attestation of something else. */
export function signatures({ policy, about }: Asked): readonly Evidence[] {
  if (policy.require.signature === 'any') return about;
  return about.filter(({ claim, predicateType }) => predicateType === undefined || claim?.kind === 'release');
}

/** Those by a signer whom the policy names, oldest first. */
export function allowedSignatures(context: Asked): readonly Evidence[] {
  return signatures(context).filter((evidence) => isAllowed(context, evidence));
}

function isAllowed({ policy, build }: Asked, evidence: Evidence): boolean {
  const { signers } = policy.trust;
  if (signers !== undefined && isSignedBy(signers, evidence)) return true;
  // A statement of a builder is signed by whom the policy trusts for it; where a release is asked for, it is not one.
  if (policy.require.signature !== 'any' || build?.trusted === undefined || evidence !== build.evidence) return false;
  const { signer } = build.trusted;
  return evidence.credentials.some((credential) => isSigner(signer, credential));
}
