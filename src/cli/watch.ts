/** `countersign watch`: follows a log and proves that each checkpoint extends the last one seen. */
import { setTimeout as pause } from 'node:timers/promises';
import { LogMisbehaviour, type Observation, observe } from '../client/follow.ts';
import type { VerifiedCheckpoint } from '../client/log-key.ts';
import { TileClient } from '../client/tile-client.ts';
import { toHex } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { withEvidence } from './evidence-file.ts';
import { EXIT, type ExitCode, exitOfCode } from './exit.ts';
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
      if (error instanceof LogMisbehaviour) throw await withEvidence(error, options.state, output);
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
