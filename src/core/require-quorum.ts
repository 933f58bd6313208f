/** What a verifier does with a witness policy (C2SP tlog-policy): a checkpoint without its quorum proves nothing to him. */
import { LogError } from './errors.ts';
import { openUnderPolicy, type PolicyCheckpoint, type WitnessPolicy } from './witness-policy.ts';

/**
 * Opens a checkpoint that a log of the policy signed and witnesses enough cosigned.
 * @throws LogError malformed_checkpoint; checkpoint_unverified, also where the quorum is not met
 */
export function openWithQuorum(note: Uint8Array | string, policy: WitnessPolicy): PolicyCheckpoint {
  const checkpoint = openUnderPolicy(note, policy);
  if (checkpoint.quorumMet) return checkpoint;
  const names = checkpoint.cosignatures.map(({ witness }) => witness);
  const unread = policy.witnesses.filter(({ verifier }) => verifier === undefined).map(({ name }) => name);
  const present = names.length === 0 ? 'no witness of the policy' : `only ${names.join(', ')}`;
  const more = unread.length === 0 ? '' : `; cosignatures of ${unread.join(', ')} cannot be verified here (ML-DSA)`;
  throw new LogError(
    'checkpoint_unverified',
    `the checkpoint is cosigned by ${present}, which the witness policy is not satisfied with${more}`,
    { details: { cosignatures: names.length } },
  );
}
