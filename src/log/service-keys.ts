/** The files of the keys that a log has beside its three, held against what the log names. */
import type { KeyObject } from 'node:crypto';
import { LogError } from '../core/errors.ts';
import type { LogIdentity } from './identity.ts';
import { hasRekorV1Key, makeRekorV1Key, publicPem, readRekorV1Key } from './keys.ts';
import { KEY_ROLES, type KeyRole, type NamedKey, type NamedKeys, namedKey } from './named-keys.ts';
import type { LogRows } from './ports.ts';
import { completeTimestampKey, hasTimestampFiles, readTimestampKey } from './timestamp/timestamp-key.ts';

interface KeyFiles {
  /** What people call the key. */
  what: string;
  /** Any of the files is there. */
  areThere(folder: string): boolean;
  /** What a statement names the key by, PEM. @throws LogError config_invalid where a file is missing or not fit */
  read(folder: string): string;
  /** Makes what is missing, each file whole or not at all. @param now POSIX seconds */
  complete(folder: string, origin: string, now: number): Promise<void>;
}

export const KEY_FILES: Record<KeyRole, KeyFiles> = {
  'rekor-v1': {
    what: 'key for clients of Rekor v1',
    areThere: hasRekorV1Key,
    read: (folder) => publicPem(readRekorV1Key(folder)),
    async complete(folder) {
      if (!hasRekorV1Key(folder)) makeRekorV1Key(folder);
    },
  },
  timestamp: {
    what: 'timestamp key',
    areThere: hasTimestampFiles,
    read: (folder) => readTimestampKey(folder).chainPem,
    complete: completeTimestampKey,
  },
};

/**
 * What the log names, where no file beside it contradicts that. A file that is missing is for whoever needs it.
 * @throws LogError wrong_key for a file that is another key, or that nothing names; config_invalid where one cannot be
 * read; corrupt as `namedKey`
 */
export function checkKeyFiles(rows: LogRows, identity: LogIdentity, folder: string): NamedKeys {
  const found: { [Role in KeyRole]?: NamedKey } = {};
  for (const role of KEY_ROLES) {
    const named = namedKey(rows, identity, role);
    if (named !== undefined) found[role] = named;
    if (KEY_FILES[role].areThere(folder)) checkKeyFile(role, named, folder);
  }
  return found;
}

/** @throws LogError as `checkKeyFiles`; config_invalid also where the file is missing */
export function checkKeyFile(role: KeyRole, named: NamedKey | undefined, folder: string): void {
  const { what, read } = KEY_FILES[role];
  if (named === undefined) {
    throw new LogError(
      'wrong_key',
      `there is a ${what} in ${folder}, but no statement of the log names it: countersign add-key ${role} names it, or take it away`,
    );
  }
  if (read(folder) !== named.pem) {
    throw new LogError(
      'wrong_key',
      `the ${what} in ${folder} is not the one that entry ${named.index} of the log names`,
    );
  }
}

/** The private key for clients of Rekor v1. @throws LogError as `checkKeyFile` */
export function openRekorV1Key(named: NamedKey, folder: string): KeyObject {
  checkKeyFile('rekor-v1', named, folder);
  return readRekorV1Key(folder);
}
