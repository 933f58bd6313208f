/**
 * `countersign gate`: may an artifact be promoted. The verdict is reached here, from entries that are proved to be in
 * the log and a feed that is replicated whole: the server's word is taken for nothing but completeness.
 */
import type { LogClient } from '../client/log-client.ts';
import { replicateRevocations } from '../client/revocations.ts';
import { fromHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { WitnessPolicy } from '../core/witness-policy.ts';
import type { PublicKey } from '../entry/keys/public-key.ts';
import { namespacesOf } from '../evidence/gate/collect.ts';
import { decide } from '../evidence/gate/decide.ts';
import { decisionSarif } from '../evidence/gate/decision-sarif.ts';
import { decisionText } from '../evidence/gate/decision-text.ts';
import type { Decision, Phase } from '../evidence/policy/decision.ts';
import type { Policy } from '../evidence/policy/policy.ts';
import { readArtifact } from './artifact.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type AskedDecision, logDecision } from './logged-decision.ts';
import { decideOffline } from './offline-gate.ts';
import { type Output, printable, remark, writeResult } from './output.ts';
import { loadPolicy } from './policy-file.ts';
import { connect, logKeyOf, type RemoteOptions } from './remote.ts';
import { remoteEvidence, witnessedEvidence } from './remote-evidence.ts';
import { readAuthorityFile, standingOf } from './verified-standing.ts';
import { readWitnessPolicy } from './witness-policy.ts';

export interface GateOptions extends RemoteOptions {
  policy: string;
  phase: Phase;
  /** What `applies` of the policy is about; default: none, or the package URL that was given. */
  name?: string;
  authority?: string[];
  sarif?: true;
  /** Have the log decide too, and log its decision. */
  log?: true;
  /** The same, and write that decision as a bundle instead of the one that was reached here. */
  vsa?: true;
  /** A file of `evidence export`, instead of the log. */
  evidence?: string;
  /** Who must have exported it; default: anybody. */
  evidenceKey?: string;
  /** C2SP tlog-policy file; with `logKey`. */
  witnessPolicy?: string;
}

export async function runGate(artifact: string, options: GateOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  // Before anything is asked: what an unreachable log means depends on it.
  const policy = await loadPolicy(options.policy, io);
  if (options.sarif && options.vsa) throw new LogError('usage', 'either --sarif or --vsa');
  if (options.evidence !== undefined && (options.log || options.vsa)) {
    throw new LogError('usage', 'a log that is asked to decide needs no --evidence: leave it out, or --log and --vsa');
  }
  const digests = await readArtifact(/^[0-9a-f]{64}$/.test(artifact) ? `sha256:${artifact}` : artifact, io);
  const named = new Map(digests.map(({ algorithm, digest }) => [algorithm, digest]));
  const about = { name: options.name, digests: named };
  const { evidence } = options;
  try {
    if (evidence !== undefined) {
      const decision = await decideOffline(policy, about, { ...options, evidence }, output);
      show(decision, options, output);
      return exitFor(decision);
    }
    const client = await connect(options, io);
    const question = { artifact: about, phase: options.phase };
    const { decision, statementKey } = await decideHere(client, policy, question, options, output);
    if (!options.log && !options.vsa) {
      show(decision, options, output);
      return exitFor(decision);
    }
    const logged = await logDecision(client, statementKey, policy, question, { signal: io.signal });
    if (options.vsa) io.stdout.write(`${JSON.stringify(logged.bundle)}\n`);
    else show(decision, options, output, logged.index);
    remark(io, `countersign: the log decided ${logged.decision.decision}: entry ${logged.index}`);
    // Of two decisions the stricter: the log may know evidence that came since.
    return exitFor(decision.permitted ? logged.decision : decision);
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
  client: LogClient,
  policy: Policy,
  question: AskedDecision,
  options: GateOptions,
  { io }: Output,
): Promise<{ decision: Decision; statementKey: PublicKey }> {
  const authorities = await Promise.all((options.authority ?? []).map(readAuthorityFile));
  const witnessPolicy = await witnessPolicyOf(options);
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
  const standing = standingOf(feed, authorities, { follows: namespacesOf(policy.document) });
  const decision = await decide(source, standing, policy, { ...question, now: io.now() });
  return { decision, statementKey: feed.statementKey };
}

function witnessPolicyOf({ witnessPolicy, logKey, ...others }: GateOptions): Promise<WitnessPolicy | undefined> {
  if (witnessPolicy === undefined) return Promise.resolve(undefined);
  if (logKey === undefined) {
    throw new LogError('usage', '--witness-policy is about the log of --log-key, which it goes with');
  }
  return readWitnessPolicy(witnessPolicy, logKeyOf({ ...others, logKey }));
}

/** @param loggedAt entry with the log's own decision */
function show(decision: Decision, { sarif }: GateOptions, output: Output, loggedAt?: number): void {
  if (sarif) output.io.stdout.write(`${JSON.stringify(decisionSarif(decision), undefined, 2)}\n`);
  else
    writeResult(
      output,
      { ...decision, ...(loggedAt !== undefined && { loggedAt }) },
      printable(decisionText(decision)),
    );
}

/** A policy that only reports never stops anybody. */
function exitFor({ decision, permitted }: Pick<Decision, 'decision' | 'permitted'>): ExitCode {
  if (permitted) return EXIT.done;
  return decision === 'INDETERMINATE' ? EXIT.unknown : EXIT.failed;
}
