/** Ends a log that no server has open. */
import type { LogIdentity } from '../log/identity.ts';
import type { PublishedHead } from '../log/log.ts';
import type { WriterSettings } from './messages.ts';
import { Writer } from './writer.ts';

/**
 * Takes the writer's lock, checks the log as a start does, and appends its last statement.
 * @throws LogError every reason not to start, already_running among them; log_frozen where it has ended before
 */
export async function freezeLog(settings: WriterSettings): Promise<{ identity: LogIdentity; head: PublishedHead }> {
  const writer = Writer.open(settings);
  try {
    return { identity: writer.opened.identity, head: await writer.freeze() };
  } finally {
    await writer.close();
  }
}
