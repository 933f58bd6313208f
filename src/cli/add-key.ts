/** `countersign add-key`: gives a log a key that it was made without. */
import type { KeyRole } from '../log/named-keys.ts';
import { KEY_FILES } from '../log/service-keys.ts';
import { addKey } from '../threads/add-key.ts';
import { dataPaths } from '../threads/paths.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, writeResult } from './output.ts';

export interface AddKeyOptions {
  data: string;
  /** Default: below `data`. */
  keys?: string;
  /** Default: in the user's state folder. */
  anchor?: string;
}

export async function runAddKey(
  role: KeyRole,
  { data, keys, anchor }: AddKeyOptions,
  output: Output,
): Promise<ExitCode> {
  const paths = dataPaths(data, keys);
  const settings = { paths, anchor, origin: undefined, acceptHead: undefined, reserveBytes: 0, signerLimit: undefined };
  const { identity, named, added } = await addKey(settings, role);
  const { origin } = identity;
  const { what } = KEY_FILES[role];
  const text = added
    ? `the log ${origin} has a ${what} from now on, in ${paths.keys}: its entry ${named.index} names it`
    : `the log ${origin} has a ${what} already: its entry ${named.index} names it`;
  writeResult(output, { origin, role, added, namedAt: named.index, publicPem: named.pem, data }, text);
  return EXIT.done;
}
