/** `countersign monitor`: watches a log for what concerns whoever runs it. */
import { setTimeout as pause } from 'node:timers/promises';
import { LogMisbehaviour } from '../client/follow.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { WitnessPolicy } from '../core/witness-policy.ts';
import type { Finding } from '../monitor/finding.ts';
import { look, newState, silence } from '../monitor/monitor.ts';
import { MonitoredLog } from '../monitor/monitored-log.ts';
import { type MonitorRules, readMonitorRules, rulesOnPayloads } from '../monitor/rules.ts';
import { withEvidence } from './evidence-file.ts';
import { EXIT, type ExitCode, exitOfCode } from './exit.ts';
import { readText } from './files.ts';
import { type KeptState, readMonitorState, writeMonitorState } from './monitor-state.ts';
import { type Output, printable, remark, writeResult } from './output.ts';
import { type RemoteOptions, transportOptions } from './remote.ts';
import { given } from './usage.ts';
import { readWitnessPolicy } from './witness-policy.ts';

export interface MonitorOptions extends Omit<RemoteOptions, 'url' | 'logKey'> {
  logKey: string;
  state: string;
  rules: string;
  /** File of ids that are known, a line each. */
  ack?: string;
  from?: number;
  witnessPolicy?: string;
  /** Seconds between two looks. */
  interval: number;
  once?: true;
}

/** Milliseconds between two writes of the state where there is nothing to tell; and as many times as long as one takes. */
const KEEP_INTERVAL = 2_000;
const KEEP_SHARE = 20;

export async function runMonitor(url: string, options: MonitorOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const transport = await transportOptions({ ...options, url }, io);
  const { logKey: verifierKey, timeKey: timeVerifierKey, origin } = options;
  const keys = { verifierKey, timeVerifierKey, origin };
  const log = given('the key of the log', () => new MonitoredLog({ ...transport, ...keys }));
  const rules = readMonitorRules(await readText(options.rules));
  const witnessPolicy =
    options.witnessPolicy === undefined ? undefined : await readWitnessPolicy(options.witnessPolicy, log.client.key);
  const read = () => readMonitorState(options.state, log.client.key, io);
  const before = await read();
  if (before !== undefined && options.from !== undefined) {
    throw new LogError('usage', `${options.state} says where to go on: leave out --from, or take another --state`);
  }
  let kept: KeptState = before ?? { state: newState(options.from, io.now()), untold: [] };
  const what = { rules, witnessPolicy };
  let found = 0;
  for (;;) {
    try {
      const looked = await lookOnce(log, kept, what, options, output);
      kept = looked.kept;
      found += looked.found;
      if (options.once) return found > 0 ? EXIT.failed : EXIT.done;
    } catch (error) {
      if (error instanceof LogMisbehaviour) throw await withEvidence(error, options.state, output);
      const mayPass = isLogError(error) && exitOfCode(error.code) === EXIT.unknown;
      // What was kept is where it goes on; and one that cannot be asked is silent too.
      if (mayPass && !io.signal.aborted) kept = await tellSilence((await read()) ?? kept);
      if (options.once || !mayPass || io.signal.aborted) throw error;
      remark(io, `countersign: could not look at the log: ${error.message}`);
    }
    await pause(options.interval * 1000, undefined, { signal: io.signal });
  }

  async function tellSilence({ state, untold }: KeptState): Promise<KeptState> {
    const quiet = silence(log.client.key.origin, rules, state, io.now());
    for (const finding of quiet.findings) writeResult(output, { ...finding }, printable(textOf(finding)));
    const next = { state: quiet.state, untold };
    if (quiet.findings.length > 0 && state.checkpoint !== undefined) await writeMonitorState(options.state, next);
    return next;
  }
}

async function lookOnce(
  log: MonitoredLog,
  before: KeptState,
  what: { rules: MonitorRules; witnessPolicy: WitnessPolicy | undefined },
  options: MonitorOptions,
  output: Output,
): Promise<{ kept: KeptState; found: number }> {
  const { io } = output;
  const known = await acknowledged(options.ack);
  let kept = before;
  let latest = () => before.state;
  let found = 0;
  let due = 0;
  async function keep(next: KeptState): Promise<void> {
    kept = next;
    const began = performance.now();
    await writeMonitorState(options.state, next);
    const ended = performance.now();
    due = ended + Math.max(KEEP_INTERVAL, KEEP_SHARE * (ended - began));
  }
  async function tell(findings: readonly Finding[]): Promise<void> {
    const fresh = findings.filter(({ id }) => !known.has(id));
    for (const finding of fresh) writeResult(output, { ...finding }, printable(textOf(finding)));
    found += fresh.length;
  }
  // Of a run that ended between writing them down and telling them.
  await tell(before.untold);
  for await (const { findings, state } of look(log, before.state, { ...what, now: io.now(), signal: io.signal })) {
    latest = state;
    if (findings.length > 0) {
      await keep({ state: state(), untold: findings });
      await tell(findings);
    } else if (performance.now() > due) await keep({ state: state(), untold: [] });
  }
  await keep({ state: latest(), untold: [] });
  const blind = rulesOnPayloads(what.rules);
  if (kept.state.payloads === false && before.state.payloads === undefined && blind.length > 0) {
    remark(io, `countersign: the log serves no payloads, so that nothing is found by ${blind.join(', ')}`);
  }
  return { kept, found };
}

function textOf({ id, kind, index, time, message }: Finding): string {
  const where = index === undefined ? '' : ` entry ${index}`;
  return `${new Date(time * 1000).toISOString().slice(0, 19)}Z ${kind}${where}: ${message}  [${id}]`;
}

/** @throws LogError file_unreadable; usage for a line that is no id */
async function acknowledged(file: string | undefined): Promise<ReadonlySet<string>> {
  if (file === undefined) return new Set();
  const lines = (await readText(file)).split('\n').map((line) => line.replace(/#.*/, '').trim());
  const ids = lines.filter((line) => line !== '');
  const wrong = ids.find((id) => !/^[0-9a-f]{16}$/.test(id));
  if (wrong !== undefined) throw new LogError('usage', `${file} must hold ids of findings, 16 hex digits a line`);
  return new Set(ids);
}
