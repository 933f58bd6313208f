/** `countersign fsck`: rebuilds a log's tree from its leaves and compares everything stored with it. */
import { toHex } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { LogError } from '../core/errors.ts';
import { leafHash } from '../core/hash.ts';
import { type FsckReport, fsck } from '../log/fsck.ts';
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
  const { size, root, entries, tiles, checkpoints, payloads, problems } = report;
  const sound = problems.length === 0;
  const counted = Object.entries({ entries, 'full tiles': tiles, checkpoints, payloads })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
  const text = sound
    ? `sound: size ${size}, root ${toHex(root)} (${counted})`
    : [
        `NOT SOUND: ${problems.length} problems (${counted})`,
        ...problems.map(({ at, message }) => `  ${at}: ${message}`),
      ].join('\n');
  writeResult(output, { sound, size, rootHash: toHex(root), entries, tiles, checkpoints, payloads, problems }, text);
  return sound ? EXIT.done : EXIT.failed;
}

async function checkDirectory(options: FsckOptions, data: string, output: Output): Promise<FsckReport> {
  const [{ openLogRows }, { dataPaths }] = await Promise.all([
    import('../storage/sqlite/log-rows.ts'),
    import('../threads/paths.ts'),
  ]);
  const { rows, close } = openLogRows(dataPaths(data, options.keys).log);
  const progress = await startProgress(output.io, 'entries');
  try {
    const identity = rows.identity();
    if (options.logKey !== undefined && options.logKey !== identity.verifierKey) {
      throw new LogError('wrong_key', 'the log in this directory has another key');
    }
    return fsck(rows, identity, (checked, size) => progress.update(checked, size));
  } finally {
    progress.stop();
    close();
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
  const range = CompactRange.empty();
  const problems: FsckReport['problems'] = [];
  try {
    for await (const { leaf, index } of client.leaves(0, head.size, head, { signal: io.signal })) {
      range.append(leafHash(leaf));
      if (index % 256 === 255) progress.update(index + 1, head.size);
    }
  } finally {
    progress.stop();
  }
  if (toHex(range.root()) !== toHex(head.root)) {
    problems.push({ at: 'head', message: 'the leaves do not give the signed root' });
  }
  // Tiles are read only as far as they prove the bundles; none is compared for itself, so none is counted.
  return { size: head.size, root: head.root, entries: range.size, tiles: 0, checkpoints: 1, payloads: 0, problems };
}
