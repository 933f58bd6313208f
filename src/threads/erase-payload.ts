/** Erases a payload of a log that no server has open. */
import type { Erasable, ErasureTarget } from '../log/erasure.ts';
import type { LogIdentity } from '../log/identity.ts';
import type { PublishedHead } from '../log/log.ts';
import type { WriterSettings } from './messages.ts';
import { Writer } from './writer.ts';

export interface ErasureResult {
  identity: LogIdentity;
  /** What was erased, or would be. */
  erasable: Erasable;
  /** The head with the tombstone, which is its last entry; undefined where nothing was done yet. */
  head: PublishedHead | undefined;
}

/**
 * Takes the writer's lock, checks the log as a start does, logs the tombstone and erases.
 * @param reason undefined: only looks what would be erased
 * @throws LogError every reason not to start, already_running among them; those of `Writer.erasable` and `Writer.erase`
 */
export async function erasePayload(
  settings: WriterSettings,
  target: ErasureTarget,
  reason: string | undefined,
): Promise<ErasureResult> {
  const writer = Writer.open(settings);
  try {
    const erasable = writer.erasable(target);
    const head = reason === undefined ? undefined : await writer.erase(erasable, reason);
    return { identity: writer.opened.identity, erasable, head };
  } finally {
    await writer.close();
  }
}
