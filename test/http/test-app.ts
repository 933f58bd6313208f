/** An application over a fake log, and short ways to call it. */
import { createApp } from '../../src/http/app.ts';
import type { Clock } from '../../src/http/clock.ts';
import { type HttpConfig, parseConfig } from '../../src/http/config.ts';
import { EntryStreams } from '../../src/http/feed/entry-streams.ts';
import { createLimits } from '../../src/http/limits.ts';
import { RevocationStreams } from '../../src/http/revocations/revocation-streams.ts';
import { createTelemetry, type Telemetry } from '../../src/http/telemetry.ts';
import { WitnessedHead } from '../../src/http/witness/witnessed-head.ts';
import type { Log } from '../../src/log/log.ts';
import { type FakeItem, FakeLog } from './fake-log.ts';

export interface TestApp {
  log: FakeLog;
  config: HttpConfig;
  telemetry: Telemetry;
  /** Log lines, parsed. */
  lines: Record<string, unknown>[];
  /** Moves both clocks. */
  clock: Clock & { advance(seconds: number): void };
  app: ReturnType<typeof createApp>;
  /** `peer`: address of the socket's other side. */
  request(path: string, init?: RequestInit & { peer?: string }): Promise<Response>;
  get(path: string): Promise<Response>;
  submit(item: FakeItem, headers?: Record<string, string>): Promise<Response>;
}

export function testApp(
  settings: unknown = { admission: { open: true } },
  entries = 7,
  more: Pick<Log, 'timestampAuthority'> = {},
): TestApp {
  const log = Object.assign(new FakeLog(entries), more);
  const config = parseConfig(settings);
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const telemetry = createTelemetry({ version: '0.0.0', level: 'debug', destination });
  let seconds = log.stampedAt + 10;
  const clock = {
    now: () => seconds * 1000,
    monotonic: () => seconds * 1000,
    advance: (by: number) => {
      seconds += by;
    },
  };
  const app = createApp({
    ...{ log, config, telemetry, limits: createLimits(config.limits, clock), clock },
    streams: new RevocationStreams(log),
    witnessed: new WitnessedHead({ size: log.head().size, note: log.head().note }, () => []),
    entryStreams: new EntryStreams(log),
  });
  const request = async (path: string, { peer = '192.0.2.1', ...init }: RequestInit & { peer?: string } = {}) =>
    app.request(path, init, { incoming: { socket: { remoteAddress: peer } } });
  return {
    ...{ log, config, telemetry, lines, clock, app, request },
    get: (path) => request(path),
    submit: (item, headers = {}) =>
      request('/v1/entries', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(item),
      }),
  };
}
