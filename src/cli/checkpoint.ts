/** `countersign checkpoint`: the newest checkpoint of a log, its signature verified. */
import { toHex } from '../core/bytes.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, writeResult } from './output.ts';
import { connect, type RemoteOptions } from './remote.ts';

export async function runCheckpoint(options: RemoteOptions, output: Output): Promise<ExitCode> {
  const client = await connect(options, output.io);
  const { origin, size, root, time, note } = await client.checkpoint({ signal: output.io.signal });
  writeResult(output, { origin, size, rootHash: toHex(root), time, checkpoint: note }, note.trimEnd());
  return EXIT.done;
}
