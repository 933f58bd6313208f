/** The load generator. Takes one job from its parent, sends the result back, and ends with its parent at the latest. */
import { AnswerChecker } from './answers.ts';
import { type Answer, Connection } from './connection.ts';
import type { LoadJob, LoadMessage, LoadResult } from './load.ts';
import { type PreparedRequest, prepareRequests } from './submissions.ts';

/** Connections that an open loop starts with, and has at most: with more requests under way, further ones wait. */
const OPEN_LOOP_CONNECTIONS = { atFirst: 64, atMost: 256 };
/** A server that leaves a request unanswered for this long has failed. */
const PATIENCE_MS = 30_000;

interface Answered {
  request: PreparedRequest;
  answer: Answer;
  /** Milliseconds from its arrival. */
  took: number;
}

process.once('disconnect', () => process.exit());
process.once('message', (job: LoadJob) => {
  run(job).then(
    (result) => report({ result }),
    (error: Error) => report({ error: error.stack ?? error.message }),
  );
});

function report(message: LoadMessage): void {
  process.send?.(message);
}

async function run({ url, verifierKey, form, submissions, seconds, load }: LoadJob): Promise<LoadResult> {
  const requests = prepareRequests(form, submissions, new URL(url).host);
  const connections = await Promise.all(
    Array.from({ length: load.loop === 'closed' ? load.clients : OPEN_LOOP_CONNECTIONS.atFirst }, () =>
      Connection.open(url),
    ),
  );
  const patience = setTimeout(
    () => report({ error: `the server left a request unanswered for ${PATIENCE_MS / 1000} s` }),
    seconds * 1000 + PATIENCE_MS,
  );
  const connect = () => Connection.open(url);
  const started = performance.now();
  const answered =
    load.loop === 'closed'
      ? await closedLoop(connections, connect, requests, started + seconds * 1000)
      : await openLoop(connections, connect, requests, load.requestsPerSecond, started);
  const elapsed = (performance.now() - started) / 1000;
  clearTimeout(patience);
  for (const connection of connections) connection.close();

  const checker = new AnswerChecker(form, verifierKey);
  for (const { request, answer } of answered) checker.check(request, answer);
  const { verified, refused, faults } = checker;
  const times = Float64Array.from(answered, ({ took }) => took).sort();
  return {
    verified,
    perSecond: verified / elapsed,
    seconds: elapsed,
    latency: {
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      p999: percentile(times, 0.999),
      max: times.at(-1) ?? Number.NaN,
    },
    refused,
    faults,
  };
}

async function closedLoop(
  connections: Connection[],
  connect: () => Promise<Connection>,
  requests: PreparedRequest[],
  end: number,
): Promise<Answered[]> {
  const answered: Answered[] = [];
  let next = 0;
  await Promise.all(
    connections.map(async (first, client) => {
      let connection = first;
      for (;;) {
        if (!connection.isOpen) {
          connection = await connect();
          connections[client] = connection;
        }
        const arrival = performance.now();
        const request = requests[next++];
        if (request === undefined || arrival >= end) return;
        const answer = await connection.send(request.bytes);
        answered.push({ request, answer, took: performance.now() - arrival });
      }
    }),
  );
  return answered;
}

/**
 * Request i arrives i/rate seconds after the start. No arrival is put off because earlier requests take long.
 * @param connections grows, and loses those that the server closed while they were idle
 */
function openLoop(
  connections: Connection[],
  connect: () => Promise<Connection>,
  requests: PreparedRequest[],
  requestsPerSecond: number,
  started: number,
): Promise<Answered[]> {
  const answered: Answered[] = [];
  const idle = [...connections];
  const arrivalOf = (i: number) => started + (i * 1000) / requestsPerSecond;
  let next = 0;
  let connecting = 0;
  return new Promise((resolve, reject) => {
    const clock = setInterval(sendDue, 1);

    function sendDue(): void {
      const now = performance.now();
      while (next < requests.length && arrivalOf(next) <= now) {
        const connection = idle.pop();
        if (connection === undefined) {
          addConnection();
          return;
        }
        if (connection.isOpen) send(connection, next++);
        else connections.splice(connections.indexOf(connection), 1);
      }
    }

    function send(connection: Connection, i: number): void {
      const request = requests[i]!;
      connection.send(request.bytes).then((answer) => {
        answered.push({ request, answer, took: performance.now() - arrivalOf(i) });
        idle.push(connection);
        if (answered.length < requests.length) {
          sendDue();
        } else {
          clearInterval(clock);
          resolve(answered);
        }
      }, reject);
    }

    function addConnection(): void {
      if (connections.length + connecting >= OPEN_LOOP_CONNECTIONS.atMost) return;
      connecting++;
      connect().then((connection) => {
        connecting--;
        connections.push(connection);
        idle.push(connection);
        sendDue();
      }, reject);
    }
  });
}

/** Nearest rank, of ascending values. */
function percentile(ascending: Float64Array, share: number): number {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? Number.NaN;
}
