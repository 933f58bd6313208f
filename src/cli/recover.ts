/** `countersign recover`: rebuilds a lost database from a copy of the log. */
import { existsSync } from 'node:fs';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import type { Hash } from '../core/hash.ts';
import { folderOptions, openCopy } from '../mirror/log-copy.ts';
import { dataPaths } from '../threads/paths.ts';
import { type Recovered, recoverLog } from '../threads/recover-log.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, writeResult } from './output.ts';
import { startProgress } from './progress.ts';
import { transportOptions } from './remote.ts';

export interface RecoverOptions {
  /** URL of a mirror, or folder of one. */
  from: string;
  data: string;
  logKey: string;
  keys?: string;
  anchor?: string;
  acceptHead?: { size: number; root: Hash };
  tokenFile?: string;
}

export async function runRecover(options: RecoverOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const { from, data, logKey, keys, anchor, acceptHead } = options;
  const source = /^https?:\/\//.test(from) ? await transportOptions({ ...options, url: from }, io) : folder(from);
  const copy = await openCopy({ ...source, verifierKey: logKey }, { signal: io.signal });
  const progress = await startProgress(io, 'entries');
  let recovered: Recovered;
  try {
    recovered = await recoverLog(copy, {
      ...{ paths: dataPaths(data, keys), anchor, acceptHead },
      progress: (written, size) => progress.update(written, size),
    });
  } finally {
    progress.stop();
  }
  const { identity, size, root, payloads, checkpoints, anchorMissing } = recovered;
  const text = [
    `recovered the log ${identity.origin} in ${data}, and found it sound`,
    `  size         ${size}`,
    `  root         ${toHex(root)}`,
    `  checkpoints  ${checkpoints}`,
    `  payloads     ${payloads}`,
    `  anchor       ${recovered.anchor}${anchorMissing ? ' (missing)' : ''}`,
    ...(anchorMissing ? [statesHead(size, root)] : []),
  ];
  writeResult(
    output,
    { origin: identity.origin, size, rootHash: toHex(root), checkpoints, payloads, data, anchorMissing },
    text.join('\n'),
  );
  return EXIT.done;
}

function folder(path: string): ReturnType<typeof folderOptions> {
  if (!existsSync(path)) throw new LogError('usage', `there is no mirror at ${path}; name its directory, or its URL`);
  return folderOptions(path);
}

function statesHead(size: number, root: Hash): string {
  return `There is no anchor, so nobody knows whether this is the newest state. If it is, start with --accept-head ${size}:${toHex(root)}`;
}
