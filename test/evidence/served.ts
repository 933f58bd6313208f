/** A log behind the HTTP application, without a socket: as a client sees it. */
import { createApp } from '../../src/http/app.ts';
import { systemClock } from '../../src/http/clock.ts';
import { parseConfig } from '../../src/http/config.ts';
import { EntryStreams } from '../../src/http/feed/entry-streams.ts';
import { createLimits } from '../../src/http/limits.ts';
import { RevocationStreams } from '../../src/http/revocations/revocation-streams.ts';
import { createTelemetry } from '../../src/http/telemetry.ts';
import type { WitnessedHead } from '../../src/http/witness/witnessed-head.ts';
import type { InlineLog } from '../inline-log.ts';

const ENVIRONMENT = { incoming: { socket: { remoteAddress: '192.0.2.1' } } };

export interface Served {
  get(path: string): Promise<Response>;
  /** For clients that are given the URL `http://log.example.org`. */
  fetch: typeof fetch;
}

export function serve(log: InlineLog, witnessed?: WitnessedHead): Served {
  const config = parseConfig({ admission: { open: true }, sigstore: { roots: ['root.pem'] } });
  const telemetry = createTelemetry({ version: '0.0.0', level: 'silent' });
  const app = createApp({
    log,
    config,
    telemetry,
    limits: createLimits(config.limits, systemClock),
    clock: systemClock,
    streams: new RevocationStreams(log),
    entryStreams: new EntryStreams(log),
    witnessed,
  });
  return {
    get: async (path) => app.request(path, {}, ENVIRONMENT),
    fetch: async (input, init) => app.request(String(input), init, ENVIRONMENT),
  };
}
