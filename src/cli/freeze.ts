/** `countersign freeze`: ends a log, for good. */
import { toHex } from '../core/bytes.ts';
import { freezeLog } from '../threads/freeze-log.ts';
import { dataPaths } from '../threads/paths.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, writeResult } from './output.ts';

export interface FreezeOptions {
  data: string;
  /** Default: below `data`. */
  keys?: string;
  /** Default: in the user's state folder. */
  anchor?: string;
}

export async function runFreeze({ data, keys, anchor }: FreezeOptions, output: Output): Promise<ExitCode> {
  const { identity, head } = await freezeLog({
    paths: dataPaths(data, keys),
    ...{ anchor, origin: undefined, acceptHead: undefined, reserveBytes: 0, signerLimit: undefined },
  });
  const { size, root } = head;
  const text = [
    `froze the log ${identity.origin}: its last entry is ${size - 1}`,
    `  size  ${size}`,
    `  root  ${toHex(root)}`,
    'It goes on serving what it holds, and takes no more entries.',
  ];
  writeResult(output, { origin: identity.origin, size, rootHash: toHex(root), data }, text.join('\n'));
  return EXIT.done;
}
