/** Gives a key to a log that was made before there were such keys, while no server has it open. */
import type { LogIdentity } from '../log/identity.ts';
import type { KeyRole, NamedKey } from '../log/named-keys.ts';
import { checkKeyFile, KEY_FILES } from '../log/service-keys.ts';
import type { WriterSettings } from './messages.ts';
import { Writer } from './writer.ts';

export interface AddedKey {
  identity: LogIdentity;
  named: NamedKey;
  /** False where the log had the key before. */
  added: boolean;
}

/**
 * First the files, then the statement that names them: an attempt that is interrupted in between is taken up by the
 * next, with the files that are there. What is named is never made anew.
 * @throws LogError every reason not to start; log_frozen; reads_only; wrong_key or config_invalid where the files that
 * are there are not fit, or not those which the log names
 */
export async function addKey(settings: WriterSettings, role: KeyRole): Promise<AddedKey> {
  const writer = Writer.open(settings);
  try {
    writer.assertAppends();
    const { identity } = writer.opened;
    const { keys } = settings.paths;
    const before = writer.namedKey(role);
    if (before !== undefined) {
      checkKeyFile(role, before, keys);
      return { identity, named: before, added: false };
    }
    const files = KEY_FILES[role];
    await files.complete(keys, identity.origin, Math.floor(Date.now() / 1000));
    const pem = files.read(keys);
    const { size } = await writer.nameKey(role, pem);
    return { identity, named: { pem, index: size - 1 }, added: true };
  } finally {
    await writer.close();
  }
}
