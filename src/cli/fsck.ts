/** `countersign fsck`: rebuilds a log's tree from its leaves and compares everything stored with it. */
import { toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { HASH_LENGTH, leafHash } from '../core/hash.ts';
import { TILE_WIDTH } from '../core/tile.ts';
import { TileEdge } from '../core/tile-edge.ts';
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

/** Over the wire: every bundle is proved to belong to the newest checkpoint, and the root is rebuilt from the leaves. */
async function checkRemote(options: FsckOptions, output: Output): Promise<FsckReport> {
  const { io } = output;
  if (options.logKey === undefined)
    throw new LogError('usage', 'checking a log by its URL needs its key: --log-key VKEY');
  const { TileClient } = await import('../client/tile-client.ts');
  const client = new TileClient({
    ...(await transportOptions({ url: options.url! }, io)),
    verifierKey: options.logKey,
  });
  const head = await client.checkpoint({ signal: io.signal });
  const progress = await startProgress(io, 'entries');
  let edge = TileEdge.empty();
  const problems: FsckReport['problems'] = [];
  // A bundle's leaf hashes at a time.
  const hashes = new Uint8Array(TILE_WIDTH * HASH_LENGTH);
  let gathered = 0;
  const append = () => {
    edge = edge.append(hashes.subarray(0, gathered * HASH_LENGTH)).edge;
    gathered = 0;
    progress.update(edge.size, head.size);
  };
  try {
    for await (const { leaf } of client.leaves(0, head.size, head, { signal: io.signal })) {
      hashes.set(leafHash(leaf), gathered++ * HASH_LENGTH);
      if (gathered === TILE_WIDTH) append();
    }
    append();
  } finally {
    progress.stop();
  }
  if (toHex(edge.root()) !== toHex(head.root)) {
    problems.push({ at: 'head', message: 'the leaves do not give the signed root' });
  }
  // Tiles are read only as far as they prove the bundles; none is compared for itself, so none is counted.
  return {
    size: head.size,
    root: head.root,
    entries: edge.size,
    tiles: 0,
    checkpoints: 1,
    payloads: 0,
    controls: 0,
    problems,
  };
}
