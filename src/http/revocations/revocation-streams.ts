/** Streams of the control statements in effect. */
import { LogError } from '../../core/errors.ts';
import type { Log } from '../../log/log.ts';
import { PacedStreams, type StreamLimits } from '../paced-streams.ts';
import { revocationPage } from './revocation-page.ts';

export class RevocationStreams extends PacedStreams {
  constructor(log: Pick<Log, 'reader' | 'head' | 'onPublished'>, limits?: StreamLimits) {
    const source = {
      size: () => log.reader.feedHead().size,
      message(from: number) {
        const page = revocationPage(log, from);
        return { event: 'controls', data: page, next: page.next };
      },
      beyond: beyondFeed,
    };
    super(log, source, limits);
  }
}

export function beyondFeed(size: number): LogError {
  return new LogError('not_yet_published', `the feed has ${size} control statements`, { details: { feedSize: size } });
}
