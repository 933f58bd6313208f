/** Streams of the entries, as they are logged. */
import { LogError } from '../../core/errors.ts';
import type { Log } from '../../log/log.ts';
import { PacedStreams, type StreamLimits } from '../paced-streams.ts';
import { entryPage } from './entry-page.ts';

export class EntryStreams extends PacedStreams {
  constructor(log: Pick<Log, 'reader' | 'head' | 'onPublished'>, limits?: StreamLimits) {
    const source = {
      size: () => log.head().size,
      message(from: number) {
        const page = entryPage(log, from);
        return { event: 'entries', data: page, next: page.next };
      },
      beyond: (size: number) =>
        new LogError('not_yet_published', `the log has ${size} entries`, { details: { treeSize: size } }),
    };
    super(log, source, limits);
  }
}
