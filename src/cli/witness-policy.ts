/** `--witness-policy FILE`: whose cosignatures a checkpoint of the log needs (C2SP tlog-policy). */
import type { LogKey } from '../client/log-key.ts';
import { LogError } from '../core/errors.ts';
import { type PolicyCheckpoint, parseWitnessPolicy, type WitnessPolicy } from '../core/witness-policy.ts';
import { readText } from './files.ts';
import { given } from './usage.ts';

/**
 * The policy as it is for one log. A policy without log lines is for any log.
 * @throws LogError file_unreadable; usage where it cannot be read, or is for other logs
 */
export async function readWitnessPolicy(file: string, log: LogKey): Promise<WitnessPolicy> {
  const text = await readText(file);
  const policy = given(file, () => parseWitnessPolicy(text));
  if (policy.logs.length > 0 && policy.logs.every(({ verifierKey }) => verifierKey !== log.verifierKey)) {
    throw new LogError('usage', `${file} is the witness policy of other logs: none of its keys is that of the log`);
  }
  const { verifierKey, verifier } = log;
  return { ...policy, logs: [{ verifierKey, verifier, url: undefined }] };
}

/** For people. */
export function cosignedText(cosignatures: PolicyCheckpoint['cosignatures']): string {
  if (cosignatures.length === 0) return 'cosigned by nobody, which the witness policy allows';
  const seen = cosignatures.map(({ witness, time }) => `${witness} (${new Date(time * 1000).toISOString()})`);
  return `cosigned by ${seen.join(', ')}, which the witness policy is satisfied with`;
}
