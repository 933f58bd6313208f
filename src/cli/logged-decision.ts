/** A decision that the log reaches and logs itself, checked to be the log's, and the answer to what was asked. */
import type { LogClient } from '../client/log-client.ts';
import type { RequestOptions } from '../client/transport.ts';
import { equalBytes } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import type { PublicKey } from '../entry/keys/public-key.ts';
import { type ReadDecision, readDecisionStatement } from '../entry/submission/decision-statement.ts';
import type { Phase } from '../evidence/policy/decision.ts';
import type { Policy } from '../evidence/policy/policy.ts';

export interface AskedDecision {
  readonly artifact: { readonly name: string | undefined; readonly digests: ReadonlyMap<string, string> };
  readonly phase: Phase;
}

/** @throws LogError what keeps the log from it; proof_invalid where the entry is not the log's answer to this */
export async function logDecision(
  client: LogClient,
  statementKey: PublicKey,
  policy: Policy,
  { artifact, phase }: AskedDecision,
  options: RequestOptions,
): Promise<{ index: number; bundle: unknown; decision: ReadDecision }> {
  const asked = { name: artifact.name, digests: Object.fromEntries(artifact.digests) };
  const { bundle, verified } = await client.logDecision({ artifact: asked, phase, policy: policy.source }, options);
  const { index, signers, payload, subjects } = verified;
  const isOwn = signers.length === 1 && equalBytes(signers[0]!, statementKey.spkiHash);
  if (!isOwn || payload === undefined) throw wrong('the log did not sign the decision that it logged');
  const decision = readDecisionStatement(payload.bytes, asked);
  const isAbout = [...artifact.digests].every(([algorithm, digest]) => subjects[0]?.digests.get(algorithm) === digest);
  if (!isAbout || decision.phase !== phase || decision.policy.sha256 !== policy.sha256) {
    throw wrong('the log logged a decision on something else than was asked');
  }
  return { index, bundle, decision };
}

function wrong(message: string): LogError {
  return new LogError('proof_invalid', message);
}
