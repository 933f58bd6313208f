/** `countersign mirror`: keeps a verified copy of a log, and serves it. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LogMisbehaviour } from '../client/follow.ts';
import { toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { RunningServer } from '../http/listen.ts';
import { serve } from '../http/server.ts';
import { Mirror, type MirrorRound } from '../mirror/mirror.ts';
import { mirrorApp } from '../mirror/mirror-app.ts';
import { MirrorFiles } from '../mirror/mirror-files.ts';
import { withEvidence } from './evidence-file.ts';
import { EXIT, type ExitCode, exitOfCode } from './exit.ts';
import { unwritable } from './files.ts';
import { type Output, remark, writeResult } from './output.ts';
import { startProgress } from './progress.ts';
import { type RemoteOptions, transportOptions } from './remote.ts';
import { given } from './usage.ts';

export interface MirrorOptions extends Omit<RemoteOptions, 'url' | 'logKey'> {
  logKey: string;
  data: string;
  host: string;
  /** Undefined: the copy is not served. */
  port?: number;
  /** Seconds between two rounds. */
  interval: number;
  once?: true;
}

export async function runMirror(url: string, options: MirrorOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  if (existsSync(join(options.data, 'log.db'))) {
    throw new LogError('usage', `${options.data} holds a log; give its mirror a directory of its own`);
  }
  await mkdir(options.data, { recursive: true }).catch((cause) => {
    throw unwritable(options.data, cause);
  });
  const files = new MirrorFiles(options.data);
  const transport = await transportOptions({ ...options, url }, io);
  const { logKey: verifierKey, timeKey: timeVerifierKey, origin } = options;
  const mirror = given('the key of the log', () => {
    return new Mirror(files, { ...transport, verifierKey, timeVerifierKey, origin });
  });
  const server = await serveCopy(files, options, output);
  try {
    for (;;) {
      try {
        report(await round(mirror, output), output);
        if (options.once) return EXIT.done;
      } catch (error) {
        if (error instanceof LogMisbehaviour) throw await withEvidence(error, join(options.data, 'log'), output);
        const mayPass = isLogError(error) && exitOfCode(error.code) === EXIT.unknown;
        if (options.once || !mayPass || io.signal.aborted) throw error;
        remark(io, `countersign: could not copy: ${error.message}`);
      }
      await pause(options.interval * 1000, undefined, { signal: io.signal });
    }
  } finally {
    await server?.close();
  }
}

async function round(mirror: Mirror, { io }: Output): Promise<MirrorRound> {
  const progress = await startProgress(io, 'entries');
  try {
    return await mirror.copy({ signal: io.signal, progress: (copied, size) => progress.update(copied, size) });
  } finally {
    progress.stop();
  }
}

async function serveCopy(
  files: MirrorFiles,
  { host, port }: MirrorOptions,
  { io }: Output,
): Promise<RunningServer | undefined> {
  if (port === undefined) return undefined;
  const server = await serve(mirrorApp(files), { host, port });
  remark(io, `countersign serves the copy at ${server.url}`);
  return server;
}

function report({ previous, checkpoint, beside, refreshed }: MirrorRound, output: Output): void {
  const { origin, size, root, time } = checkpoint;
  const what = beside ? 'tiles, payloads and checkpoints' : 'tiles';
  writeResult(
    output,
    { origin, previousSize: previous, size, rootHash: toHex(root), time, beside, refreshed },
    `${origin}: ${size} entries copied (${what}), ${size - previous} of them new`,
  );
}
