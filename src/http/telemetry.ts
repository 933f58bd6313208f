/** What the operator sees of a running server: one log line per request, and metrics for Prometheus. */
import { type DestinationStream, type Logger, pino } from 'pino';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PublishedHead } from '../log/log.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** How the items of a write ended. */
export type AppendResult = 'logged' | 'duplicate' | 'refused' | 'failed';

/** A finished request. `route` is the pattern, never the path, so that labels stay few. */
export interface FinishedRequest {
  route: string;
  method: string;
  status: number;
  seconds: number;
}

export interface Telemetry {
  logger: Logger;
  registry: Registry;
  requestStarted(): void;
  requestFinished(request: FinishedRequest): void;
  /** Items of one write, by how they ended. */
  appended(result: AppendResult, items: number): void;
  /** How long a write waited for its proof. */
  appendWaited(seconds: number): void;
  /** A stored byte string did not match its hash. */
  selfCheckFailed(): void;
  /** From then on size and time of the published head are reported. */
  watchHead(head: () => PublishedHead): void;
}

export interface TelemetryOptions {
  version: string;
  level?: LogLevel;
  /** Where log lines go; standard error, buffered, without it. */
  destination?: DestinationStream;
  /** Memory, garbage collection and event loop of the process; one server per process can report them. */
  processMetrics?: boolean;
}

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  // Credentials are kept out by never logging a header; pino's redaction would cost each line more than the rest of it.
  const logger = pino(
    { level: options.level ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    options.destination ?? pino.destination({ dest: 2, sync: false }),
  );
  return { logger, registry, ...createMetrics(registry, options.version) };
}

/** Names and units follow the Prometheus conventions; each metric's meaning is its help text. */
function createMetrics(registry: Registry, version: string): Omit<Telemetry, 'logger' | 'registry'> {
  const registers = [registry];
  const requests = new Counter({
    name: 'countersign_http_requests_total',
    help: 'HTTP requests answered, by route pattern, method and status.',
    labelNames: ['route', 'method', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'countersign_http_request_duration_seconds',
    help: 'Time from the request head to the answer, by route pattern.',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const inFlight = new Gauge({
    name: 'countersign_http_requests_in_flight',
    help: 'HTTP requests being answered.',
    registers,
  });
  const appends = new Counter({
    name: 'countersign_append_requests_total',
    help: 'Submitted items, by result: logged, duplicate, refused (the fault is in the item), failed (the log could not).',
    labelNames: ['result'],
    registers,
  });
  const wait = new Histogram({
    name: 'countersign_append_wait_seconds',
    help: 'Time from a complete write request to its proofs.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const selfCheckFailures = new Counter({
    name: 'countersign_self_check_failures_total',
    help: 'Stored bytes that did not match their hash when they were to be served. Must be 0.',
    registers,
  });
  new Gauge({
    name: 'countersign_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);

  // Looking children up by label costs more than counting, so they are kept by one short key.
  const counters = new Map<string, ReturnType<typeof requests.labels>>();
  const timers = new Map<string, ReturnType<typeof duration.labels>>();

  return {
    requestStarted: () => inFlight.inc(),
    requestFinished({ route, method, status, seconds }) {
      inFlight.dec();
      const key = `${status} ${method} ${route}`;
      let counter = counters.get(key);
      if (counter === undefined) {
        counter = requests.labels(route, method, String(status));
        counters.set(key, counter);
      }
      counter.inc();
      let timer = timers.get(route);
      if (timer === undefined) {
        timer = duration.labels(route);
        timers.set(route, timer);
      }
      timer.observe(seconds);
    },
    appended: (result, items) => appends.inc({ result }, items),
    appendWaited: (seconds) => wait.observe(seconds),
    selfCheckFailed: () => selfCheckFailures.inc(),
    watchHead(head) {
      new Gauge({
        name: 'countersign_tree_size_entries',
        help: 'Size of the tree under the newest published checkpoint.',
        labelNames: ['state'],
        registers,
        collect() {
          this.set({ state: 'signed' }, head().size);
        },
      });
      new Gauge({
        name: 'countersign_checkpoint_timestamp_seconds',
        help: 'POSIX time of the newest published checkpoint.',
        registers,
        collect() {
          this.set(head().time);
        },
      });
    },
  };
}
