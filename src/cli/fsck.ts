/** `countersign fsck`: rebuilds a log's tree from its leaves and compares everything stored with it. */
import { toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { FSCK_RANGE, type FsckReport, fsck } from '../log/fsck.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, writeResult } from './output.ts';
import { startProgress } from './progress.ts';
import { transportOptions } from './remote.ts';

/** Exactly one of `data` and `url` is given; with `url` the log's key is. */
export interface FsckOptions {
  data?: string;
  url?: string;
  logKey?: string;
  keys?: string;
}

export async function runFsck(options: FsckOptions, output: Output): Promise<ExitCode> {
  const report =
    options.data === undefined
      ? await checkRemote(options, output)
      : await checkDirectory(options, options.data, output);
  const { size, root, entries, tiles, checkpoints, payloads, controls, problems } = report;
  const sound = problems.length === 0;
  const counted = Object.entries({
    entries,
    'full tiles': tiles,
    checkpoints,
    payloads,
    'control statements': controls,
  })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
  const text = sound
    ? `sound: size ${size}, root ${toHex(root)} (${counted})`
    : [
        `NOT SOUND: ${problems.length} problems (${counted})`,
        ...problems.map(({ at, message }) => `  ${at}: ${message}`),
      ].join('\n');
  const rootHash = toHex(root);
  writeResult(output, { sound, size, rootHash, entries, tiles, checkpoints, payloads, controls, problems }, text);
  return sound ? EXIT.done : EXIT.failed;
}

/** Entries from which on a check is spread over threads. */
const WORTH_THREADS = 4 * FSCK_RANGE;

async function checkDirectory(options: FsckOptions, data: string, output: Output): Promise<FsckReport> {
  const [{ openLogRows }, { dataPaths }, { FsckThreads }, { checkKeyFiles }] = await Promise.all([
    import('../storage/sqlite/log-rows.ts'),
    import('../threads/paths.ts'),
    import('../threads/fsck-threads.ts'),
    import('../log/service-keys.ts'),
  ]);
  const paths = dataPaths(data, options.keys);
  const { rows, close } = openLogRows(paths.log);
  const progress = await startProgress(output.io, 'entries');
  // Below this, starting them takes longer than what they would save.
  const threads = rows.head().size < WORTH_THREADS ? undefined : new FsckThreads({ log: paths.log });
  try {
    const identity = rows.identity();
    if (options.logKey !== undefined && options.logKey !== identity.verifierKey) {
      throw new LogError('wrong_key', 'the log in this directory has another key');
    }
    const report = await fsck(rows, identity, {
      progress: (checked, size) => progress.update(checked, size),
      ...(threads && { ranges: threads }),
    });
    report.problems.push(...keyProblems(() => checkKeyFiles(rows, identity, paths.keys)));
    return report;
  } finally {
    await threads?.close();
    progress.stop();
    close();
  }
}

/** A copy of a database is checked without keys; those that are there must be the ones that the log names. */
function keyProblems(check: () => unknown): FsckReport['problems'] {
  try {
    check();
    return [];
  } catch (error) {
    if (isLogError(error, 'wrong_key', 'config_invalid')) return [{ at: 'keys', message: error.message }];
    // What the log itself says wrongly has been reported.
    if (isLogError(error)) return [];
    throw error;
  }
}

/** Over the wire. */
async function checkRemote(options: FsckOptions, output: Output): Promise<FsckReport> {
  const { io } = output;
  const { url, logKey: verifierKey } = options;
  if (verifierKey === undefined) throw new LogError('usage', 'checking a log by its URL needs its key: --log-key VKEY');
  const [{ remoteFsck }, { nativeChecks }] = await Promise.all([
    import('../mirror/remote-fsck.ts'),
    import('../log/native/native-signatures.ts'),
  ]);
  const transport = await transportOptions({ url: url! }, io);
  const progress = await startProgress(io, 'entries');
  try {
    return await remoteFsck(
      { ...transport, verifierKey },
      { signal: io.signal, checks: nativeChecks, progress: (checked, size) => progress.update(checked, size) },
    );
  } finally {
    progress.stop();
  }
}
