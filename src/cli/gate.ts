/**
 * `countersign gate`: may an artifact be promoted. The verdict is reached here, from entries that are proved to be in
 * the log and a feed that is replicated whole: the server's word is taken for nothing but completeness.
 */
import { replicateRevocations } from '../client/revocations.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { namespacesOf } from '../evidence/gate/collect.ts';
import { decide } from '../evidence/gate/decide.ts';
import { decisionSarif } from '../evidence/gate/decision-sarif.ts';
import { decisionText } from '../evidence/gate/decision-text.ts';
import type { Decision, Phase } from '../evidence/policy/decision.ts';
import type { Policy } from '../evidence/policy/policy.ts';
import { readArtifact } from './artifact.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { decideOffline } from './offline-gate.ts';
import { type Output, printable, remark, writeResult } from './output.ts';
import { loadPolicy } from './policy-file.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { remoteEvidence } from './remote-evidence.ts';
import { readAuthorityFile, standingOf } from './verified-standing.ts';

export interface GateOptions extends RemoteOptions {
  policy: string;
  phase: Phase;
  /** What `applies` of the policy is about; default: none, or the package URL that was given. */
  name?: string;
  authority?: string[];
  sarif?: true;
  /** A file of `evidence export`, instead of the log. */
  evidence?: string;
  /** Who must have exported it; default: anybody. */
  evidenceKey?: string;
}

export async function runGate(artifact: string, options: GateOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  // Before anything is asked: what an unreachable log means depends on it.
  const policy = await loadPolicy(options.policy, io);
  const digests = await readArtifact(/^[0-9a-f]{64}$/.test(artifact) ? `sha256:${artifact}` : artifact, io);
  const named = new Map(digests.map(({ algorithm, digest }) => [algorithm, digest]));
  const about = { name: options.name, digests: named };
  const { evidence } = options;
  try {
    const decision = await (evidence === undefined
      ? decideHere(policy, about, options, output)
      : decideOffline(policy, about, { ...options, evidence }, output));
    show(decision, options, output);
    return exitFor(decision);
  } catch (error) {
    if (!isLogError(error, ...NO_ANSWER) || policy.document.mode !== 'enforce') throw error;
    const [code, why] = evidence === undefined ? ONLINE : OFFLINE;
    remark(io, `countersign: DENY ${code}: what cannot be known is refused in enforce mode`);
    throw new LogError('gate_closed', `${why}, so nothing is allowed: ${error.message}`, { cause: error });
  }
}

const ONLINE = ['LOG_UNREACHABLE', 'the log did not answer'] as const;
const OFFLINE = ['EVIDENCE_INCOMPLETE', 'the evidence bundle does not say enough'] as const;

/** What keeps a log, or a file in its place, from answering, whoever's fault it is. */
const NO_ANSWER = [
  'unreachable',
  'index_rebuilding',
  'rate_limited',
  'answer_unexpected',
  'not_enabled',
  'evidence_incomplete',
] as const;

async function decideHere(
  policy: Policy,
  artifact: { name: string | undefined; digests: ReadonlyMap<string, string> },
  options: GateOptions,
  { io }: Output,
): Promise<Decision> {
  const authorities = await Promise.all((options.authority ?? []).map(readAuthorityFile));
  const client = await connect(options, io);
  // Evidence first: what is revoked in between counts.
  const source = await remoteEvidence(client, { signal: io.signal });
  const { feed } = await replicateRevocations(client, undefined, { signal: io.signal });
  const standing = standingOf(feed, authorities, { follows: namespacesOf(policy.document) });
  return decide(source, standing, policy, { artifact, phase: options.phase, now: io.now() });
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
