/**
 * Watches a log: proves that each checkpoint extends the last, reads every entry that came since, and tells what the
 * rules look for. The cursor moves past an entry only once it was proved and looked at.
 */
import { observe } from '../client/follow.ts';
import type { VerifiedCheckpoint } from '../client/log-key.ts';
import type { RequestOptions } from '../client/transport.ts';
import { isLogError } from '../core/errors.ts';
import { openUnderPolicy, type WitnessPolicy } from '../core/witness-policy.ts';
import type { Detector } from './detector.ts';
import { bursts } from './detectors/bursts.ts';
import { controls } from './detectors/controls.ts';
import { releases } from './detectors/releases.ts';
import { tags } from './detectors/tags.ts';
import { watchList } from './detectors/watch-list.ts';
import { type Finding, findingOf, type Told } from './finding.ts';
import type { MonitoredLog } from './monitored-log.ts';
import type { MonitorRules } from './rules.ts';

/** What a monitor remembers; JSON but for the checkpoint, which is kept as its note. */
export interface MonitorState {
  /** The newest checkpoint that was proved; undefined before the first look. */
  checkpoint: VerifiedCheckpoint | undefined;
  /** Index of the next entry to look at, never above the checkpoint's size; undefined: of those to come, the first. */
  next: number | undefined;
  /** POSIX seconds at which the log was last seen to say something new. */
  heardAt: number;
  /** By name. */
  detectors: Record<string, unknown>;
}

/** After each bundle: what it showed. */
export interface MonitorStep {
  readonly findings: readonly Finding[];
  /** The state that includes this step, until the next one. Made when it is asked for: it can be large. */
  readonly state: () => MonitorState;
  /** Entries looked at in this step. */
  readonly entries: number;
}

export interface MonitorOptions extends RequestOptions {
  rules: MonitorRules;
  /** Cosignatures that the newest checkpoint must have. */
  witnessPolicy?: WitnessPolicy | undefined;
  /** POSIX seconds. */
  now: number;
}

export function newState(next: number | undefined, now: number): MonitorState {
  return { checkpoint: undefined, next, heardAt: now, detectors: {} };
}

/**
 * One look at a log, step by step. Whoever keeps each step's state before the next goes on where he was, whatever happens.
 * @throws LogMisbehaviour where the log signed two trees; LogError unreachable, proof_invalid and others of the client:
 *   then nothing was passed over
 */
export async function* look(
  log: MonitoredLog,
  before: MonitorState,
  options: MonitorOptions,
): AsyncGenerator<MonitorStep> {
  const { rules, witnessPolicy, now, signal } = options;
  const { origin } = log.client.key;
  const finding = (told: Told): Finding => findingOf(origin, told);
  const observation = await observe(log.client, before.checkpoint, { signal });
  const isNewer = observation.change === 'first' || observation.change === 'grown';
  const head = isNewer ? observation.checkpoint : (before.checkpoint ?? observation.checkpoint);
  const said = observation.checkpoint.time;
  const isFresh = isNewer || (said !== undefined && said > (before.checkpoint?.time ?? 0));
  const heardAt = isFresh ? now : before.heardAt;
  const start = before.next ?? head.size;
  let state: MonitorState = { ...before, checkpoint: head, next: start, heardAt };

  const ofLog: Told[] = [];
  if (rules.silence !== undefined && now - state.heardAt > rules.silence) {
    const message = `${origin} has said nothing new for ${now - state.heardAt} s`;
    ofLog.push({ kind: 'log-silent', index: undefined, time: state.heardAt, about: origin, message });
  }
  if (witnessPolicy !== undefined && isNewer) {
    const missing = quorumFault(head.note, witnessPolicy);
    if (missing !== undefined) {
      const message = `the checkpoint of ${head.size} entries lacks its witnesses: ${missing}`;
      ofLog.push({ kind: 'quorum-missing', index: undefined, time: head.size, about: origin, message });
    }
  }
  yield { findings: ofLog.map(finding), state: () => state, entries: 0 };

  const detectors = detectorsOf(rules, state.detectors);
  const current = (): MonitorState => ({ ...state, detectors: statesOf(detectors) });
  for await (const { next, entries } of log.entries(start, head, said ?? now, { signal })) {
    const told: Told[] = [];
    for (const evidence of entries) {
      if (evidence !== undefined) for (const detector of detectors) told.push(...detector.observe(evidence));
    }
    state = { ...state, next };
    yield { findings: told.map(finding), state: current, entries: entries.length };
  }
  const passed = detectors.flatMap((detector) => detector.passed?.(said ?? now) ?? []);
  yield { findings: passed.map(finding), state: current, entries: 0 };
}

function detectorsOf(rules: MonitorRules, kept: Readonly<Record<string, unknown>>): Detector[] {
  const detectors: Detector[] = [watchList(rules), bursts(rules.burst, kept.bursts)];
  if (rules.releases !== undefined) detectors.push(releases(rules.releases, kept.releases));
  if (rules.tags !== undefined) detectors.push(tags(rules.tags, kept.tags));
  if (rules.revocations) detectors.push(controls());
  return detectors;
}

/** Of detectors that have none, nothing. */
function statesOf(detectors: readonly Detector[]): Record<string, unknown> {
  return Object.fromEntries(
    detectors.flatMap((detector) => {
      const state = detector.state();
      return state === null ? [] : [[detector.name, state] as const];
    }),
  );
}

function quorumFault(note: string, policy: WitnessPolicy): string | undefined {
  try {
    const { quorumMet, cosignatures } = openUnderPolicy(note, policy);
    if (quorumMet) return undefined;
    return cosignatures.length === 0
      ? 'none cosigned'
      : `only ${cosignatures.map((one) => one.witness).join(', ')} did`;
  } catch (error) {
    if (isLogError(error)) return error.message;
    throw error;
  }
}
