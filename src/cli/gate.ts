/**
 * `countersign gate`: may an artifact be promoted. The verdict is reached here, from entries that are proved to be in
 * the log and a feed that is replicated whole: the server's word is taken for nothing but completeness.
 */
import { replicateRevocations } from '../client/revocations.ts';
import { fromHex, toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { WitnessPolicy } from '../core/witness-policy.ts';
import { namespacesOf } from '../evidence/gate/collect.ts';
import { decide } from '../evidence/gate/decide.ts';
import { decisionSarif } from '../evidence/gate/decision-sarif.ts';
import { decisionText } from '../evidence/gate/decision-text.ts';
import type { Decision, Phase } from '../evidence/policy/decision.ts';
import type { Policy } from '../evidence/policy/policy.ts';
import { StandingAt } from '../evidence/revocation/standing-at.ts';
import { readArtifact } from './artifact.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, printable, remark, writeResult } from './output.ts';
import { loadPolicy } from './policy-file.ts';
import { connect, logKeyOf, type RemoteOptions } from './remote.ts';
import { remoteEvidence, witnessedEvidence } from './remote-evidence.ts';
import { judge, readAuthorityFile, stateOf } from './verified-standing.ts';
import { readWitnessPolicy } from './witness-policy.ts';

export interface GateOptions extends RemoteOptions {
  policy: string;
  phase: Phase;
  /** What `applies` of the policy is about; default: none, or the package URL that was given. */
  name?: string;
  authority?: string[];
  sarif?: true;
  /** C2SP tlog-policy file; with `logKey`. */
  witnessPolicy?: string;
}

export async function runGate(artifact: string, options: GateOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  // Before anything is asked: what an unreachable log means depends on it.
  const policy = await loadPolicy(options.policy, io);
  const digests = await readArtifact(/^[0-9a-f]{64}$/.test(artifact) ? `sha256:${artifact}` : artifact, io);
  const named = new Map(digests.map(({ algorithm, digest }) => [algorithm, digest]));
  try {
    const decision = await decideHere(policy, { name: options.name, digests: named }, options, output);
    show(decision, options, output);
    return exitFor(decision);
  } catch (error) {
    if (!isLogError(error, ...NO_ANSWER) || policy.document.mode !== 'enforce') throw error;
    remark(io, 'countersign: DENY LOG_UNREACHABLE: what cannot be known is refused in enforce mode');
    throw new LogError('gate_closed', `the log did not answer, so nothing is allowed: ${error.message}`, {
      cause: error,
    });
  }
}

/** What keeps a log from answering, whoever's fault it is. */
const NO_ANSWER = ['unreachable', 'index_rebuilding', 'rate_limited', 'answer_unexpected', 'not_enabled'] as const;

async function decideHere(
  policy: Policy,
  artifact: { name: string | undefined; digests: ReadonlyMap<string, string> },
  options: GateOptions,
  { io }: Output,
): Promise<Decision> {
  const authorities = await Promise.all((options.authority ?? []).map(readAuthorityFile));
  const witnessPolicy = await witnessPolicyOf(options);
  const client = await connect(options, io);
  // Evidence first: what is revoked in between counts.
  const requests = { signal: io.signal };
  const source =
    witnessPolicy === undefined
      ? await remoteEvidence(client, requests)
      : await witnessedEvidence(client, witnessPolicy, requests);
  const { feed, checkpoint } = await replicateRevocations(client, undefined, requests);
  // Without this proof, a log could keep what it revoked from a tree that it shows to nobody but the asker.
  if (witnessPolicy !== undefined && source.treeSize > 0) {
    const witnessed = { size: source.treeSize, root: fromHex(source.rootHash) };
    await client.consistencyProof(witnessed, checkpoint, requests);
  }
  const state = stateOf(feed, authorities);
  for (const event of feed.events) judge(state, event);
  const head = { size: feed.state.size, root: toHex(feed.state.root) };
  const standing = new StandingAt(state.inForce, head, { follows: namespacesOf(policy.document) });
  return decide(source, standing, policy, { artifact, phase: options.phase, now: io.now() });
}

function witnessPolicyOf({ witnessPolicy, logKey, ...others }: GateOptions): Promise<WitnessPolicy | undefined> {
  if (witnessPolicy === undefined) return Promise.resolve(undefined);
  if (logKey === undefined) {
    throw new LogError('usage', '--witness-policy is about the log of --log-key, which it goes with');
  }
  return readWitnessPolicy(witnessPolicy, logKeyOf({ ...others, logKey }));
}

function show(decision: Decision, { sarif }: GateOptions, output: Output): void {
  if (sarif) output.io.stdout.write(`${JSON.stringify(decisionSarif(decision), undefined, 2)}\n`);
  else writeResult(output, { ...decision }, printable(decisionText(decision)));
}

/** A policy that only reports never stops anybody. */
function exitFor({ decision, permitted }: Decision): ExitCode {
  if (permitted) return EXIT.done;
  return decision === 'INDETERMINATE' ? EXIT.unknown : EXIT.failed;
}
