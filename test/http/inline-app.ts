/** The application over a real log in one thread. */
import { createApp } from '../../src/http/app.ts';
import { systemClock } from '../../src/http/clock.ts';
import { developmentConfig } from '../../src/http/config.ts';
import { EntryStreams } from '../../src/http/feed/entry-streams.ts';
import { createLimits } from '../../src/http/limits.ts';
import type { StreamLimits } from '../../src/http/paced-streams.ts';
import { RevocationStreams } from '../../src/http/revocations/revocation-streams.ts';
import { createTelemetry } from '../../src/http/telemetry.ts';
import type { WitnessedHead } from '../../src/http/witness/witnessed-head.ts';
import { createInlineLog, type InlineLog } from '../inline-log.ts';

export interface InlineApp {
  log: InlineLog;
  streams: RevocationStreams;
  entryStreams: EntryStreams;
  app: ReturnType<typeof createApp>;
  get(path: string): Promise<Response>;
  post(path: string, body: unknown): Promise<Response>;
  /** As a client at `http://log.test` would call it. */
  fetch: typeof fetch;
}

/** Whoever made it closes its log. */
export async function inlineApp(
  streamLimits?: StreamLimits,
  opened?: InlineLog,
  witnessed?: WitnessedHead,
): Promise<InlineApp> {
  const log = opened ?? (await createInlineLog());
  const config = developmentConfig();
  const telemetry = createTelemetry({ version: '0.0.0', level: 'silent' });
  const limits = createLimits(config.limits, systemClock);
  const streams = new RevocationStreams(log, streamLimits);
  const entryStreams = new EntryStreams(log, streamLimits);
  const app = createApp({ log, config, telemetry, limits, clock: systemClock, streams, entryStreams, witnessed });
  return {
    ...{ log, streams, entryStreams, app },
    get: async (path) => app.request(path),
    fetch: async (url, init) => app.request(new Request(url, init)),
    post: async (path, body) =>
      app.request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}
