/**
 * Watches a log: proves that each checkpoint extends the last, reads every entry that came since, and tells what the
 * rules look for. The cursor moves past an entry only once it was proved and looked at.
 */
import { observe } from '../client/follow.ts';
import type { VerifiedCheckpoint } from '../client/log-key.ts';
import type { RequestOptions } from '../client/transport.ts';
import { isLogError, LogError } from '../core/errors.ts';
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
  /** Newest time that the log has signed, POSIX seconds; 0 where its time key is not known. */
  stampedAt: number;
  /** POSIX seconds at which the log was last seen to say something new, and whether its silence since was told. */
  heardAt: number;
  silenceTold: boolean;
  /** Whether the log serves payloads; undefined where it was not asked yet. */
  payloads: boolean | undefined;
  /** Log time of the entry that was looked at last. */
  loggedAt: number;
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
  const unknown = { checkpoint: undefined, payloads: undefined };
  return { ...unknown, next, stampedAt: 0, heardAt: now, silenceTold: false, loggedAt: 0, detectors: {} };
}

/** What a log's silence comes to: also where it cannot be reached. The state says that it was told. */
export function silence(
  origin: string,
  { silence: limit }: MonitorRules,
  state: MonitorState,
  now: number,
): { findings: Finding[]; state: MonitorState } {
  const { heardAt: time } = state;
  if (limit === undefined || state.silenceTold || now - time <= limit) return { findings: [], state };
  const message = `${origin} has said nothing new for ${now - time} s`;
  const told: Told = { kind: 'log-silent', index: undefined, time, about: origin, message };
  return { findings: [findingOf(origin, told)], state: { ...state, silenceTold: true } };
}

/**
 * One look at a log, step by step. Whoever keeps each step's state before the next goes on where he was, whatever happens.
 * @throws LogMisbehaviour where the log signed two trees; LogError usage where the log does not reach to where it is to
 *   begin; unreachable, proof_invalid and others of the client: then nothing was passed over
 */
export async function* look(
  log: MonitoredLog,
  before: MonitorState,
  options: MonitorOptions,
): AsyncGenerator<MonitorStep> {
  const { rules, witnessPolicy, now, signal } = options;
  const { origin } = log.client.key;
  const observation = await observe(log.client, before.checkpoint, { signal });
  const isNewer = observation.change === 'first' || observation.change === 'grown';
  const head = isNewer ? observation.checkpoint : (before.checkpoint ?? observation.checkpoint);
  const start = before.next ?? head.size;
  if (start > head.size) throw new LogError('usage', `the log has ${head.size} entries, and none at ${start} yet`);
  const said = observation.checkpoint.time;
  const stampedAt = Math.max(before.stampedAt, said ?? 0);
  const heard = isNewer || stampedAt > before.stampedAt ? { heardAt: now, silenceTold: false } : {};
  const quiet = silence(origin, rules, { ...before, checkpoint: head, next: start, stampedAt, ...heard }, now);
  let { state } = quiet;
  const missing = witnessPolicy !== undefined && isNewer ? quorumFault(head.note, witnessPolicy) : undefined;
  if (missing !== undefined) {
    const message = `the checkpoint of ${head.size} entries lacks its witnesses: ${missing}`;
    const told: Told = { kind: 'quorum-missing', index: undefined, time: head.size, about: origin, message };
    quiet.findings.push(findingOf(origin, told));
  }
  yield { findings: quiet.findings, state: () => state, entries: 0 };

  log.hasPayloads = state.payloads;
  const detectors = detectorsOf(rules, state.detectors);
  const known = new Set<string>();
  const current = (): MonitorState => ({ ...state, payloads: log.hasPayloads, detectors: statesOf(detectors) });
  /** Each once, also where several rules or a payload that came later show the same. */
  const findings = (told: readonly Told[]): Finding[] =>
    told.map((one) => findingOf(origin, one)).filter(({ id }) => !known.has(id) && known.add(id));
  for await (const { next, count, evidence } of log.entries(start, head, said ?? now, { signal })) {
    const told: Told[] = [];
    for (const one of evidence) {
      // Whatever a log says of its times: they do not go back.
      const loggedAt = Math.max(one.loggedAt, state.loggedAt);
      state = { ...state, loggedAt };
      for (const detector of detectors) told.push(...detector.observe({ ...one, loggedAt }));
    }
    state = { ...state, next };
    yield { findings: findings(told), state: current, entries: count };
  }
  const passed = detectors.flatMap((detector) => detector.passed?.(said ?? now) ?? []);
  yield { findings: findings(passed), state: current, entries: 0 };
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
