/** `countersign watch`: follows a log and proves that each checkpoint extends the last one seen. */
import { setTimeout as pause } from 'node:timers/promises';
import { LogMisbehaviour, type Observation, observe } from '../client/follow.ts';
import type { VerifiedCheckpoint } from '../client/log-key.ts';
import { TileClient } from '../client/tile-client.ts';
import { toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { EXIT, type ExitCode, exitOfCode } from './exit.ts';
import { createFile } from './files.ts';
import { type Output, remark, writeResult } from './output.ts';
import { type RemoteOptions, transportOptions } from './remote.ts';
import { readState, writeState } from './state-file.ts';
import { given } from './usage.ts';

export interface WatchOptions extends Omit<RemoteOptions, 'url' | 'logKey'> {
  logKey: string;
  state: string;
  /** Seconds between two looks. */
  interval: number;
  once?: true;
}

export async function runWatch(url: string, options: WatchOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const transport = await transportOptions({ ...options, url }, io);
  const { logKey: verifierKey, timeKey: timeVerifierKey, origin } = options;
  const log = given('the key of the log', () => new TileClient({ ...transport, verifierKey, timeVerifierKey, origin }));
  let last = await readState(options.state, log.key, io);
  for (;;) {
    try {
      const observation = await observe(log, last, { signal: io.signal });
      // An older view is reported and not remembered: the newest one seen stays what everything is compared with.
      if (observation.change !== 'older') {
        last = observation.checkpoint;
        await writeState(options.state, last);
      }
      report(observation, output);
      if (options.once) return observation.change === 'older' ? EXIT.unknown : EXIT.done;
    } catch (error) {
      if (error instanceof LogMisbehaviour) throw await withEvidence(error, options, output);
      const mayPass = isLogError(error) && exitOfCode(error.code) === EXIT.unknown;
      if (options.once || !mayPass || io.signal.aborted) throw error;
      remark(io, `countersign: could not look at the log: ${error.message}`);
    }
    await pause(options.interval * 1000, undefined, { signal: io.signal });
  }
}

const SAID: Record<Observation['change'], (observation: Observation) => string> = {
  first: () => 'first look; from here on every checkpoint must extend this one',
  none: () => 'unchanged',
  grown: (observation) => `proved to extend the ${previousSize(observation)} entries seen before`,
  older: (observation) => `an older view than the ${previousSize(observation)} entries seen before, of the same tree`,
};

function report(observation: Observation, output: Output): void {
  const { change, checkpoint } = observation;
  const { origin, size, root, time } = checkpoint;
  const age = ageOf(checkpoint, output);
  writeResult(
    output,
    { change, origin, size, rootHash: toHex(root), previousSize: previousSize(observation), time, age },
    `${origin}: ${size} entries${age === undefined ? '' : `, ${age} s old`}: ${SAID[change](observation)}`,
  );
}

function previousSize(observation: Observation): number | undefined {
  return 'previous' in observation ? observation.previous.size : undefined;
}

function ageOf({ time }: VerifiedCheckpoint, output: Output): number | undefined {
  return time === undefined ? undefined : Math.max(0, output.io.now() - time);
}

/** The same error, which now says where the evidence lies. The state file stays as it is. */
async function withEvidence(error: LogMisbehaviour, options: WatchOptions, output: Output): Promise<LogError> {
  const evidence = `${JSON.stringify(error.evidence, undefined, 2)}\n`;
  try {
    const path = await createBeside(`${options.state}.evidence-${output.io.now()}`, evidence);
    const message = `${error.message}; the evidence is in ${path}: keep it, and show it to others`;
    return new LogError('log_misbehaved', message, { cause: error, details: { evidence: path } });
  } catch (cause) {
    if (!isLogError(cause)) throw cause;
    // That no file can be written must not hide what the log did.
    remark(output.io, evidence);
    const message = `${error.message}; the evidence is above, since no file can be written: keep it`;
    return new LogError('log_misbehaved', message, { cause: error });
  }
}

/** Writes to the first of `base.json`, `base-2.json`, … that does not exist yet, and says which. */
async function createBeside(base: string, content: string): Promise<string> {
  for (let number = 1; ; number++) {
    const path = `${base}${number === 1 ? '' : `-${number}`}.json`;
    try {
      await createFile(path, content);
      return path;
    } catch (error) {
      if (!isLogError(error, 'usage')) throw error;
    }
  }
}
