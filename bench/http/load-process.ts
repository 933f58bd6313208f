/** The load generator. Takes jobs from its parent one by one, sends each result back, and ends with its parent. */
import { AnswerChecker } from './answers.ts';
import { Connection } from './connection.ts';
import { latencyOf } from './latency.ts';
import type { LoadMessage, LoadOrder, LoadResult } from './load.ts';
import { closedLoop, openLoop } from './load-loops.ts';
import { itemsPerRequest, prepareRequests } from './submissions.ts';

/** Connections that an open loop starts with. */
const OPEN_LOOP_CONNECTIONS = 64;
/** A server that leaves a request unanswered for this long has failed. */
const PATIENCE_MS = 30_000;

process.once('disconnect', () => process.exit());
process.on('message', (order: LoadOrder) => {
  run(order).then(
    (result) => report({ result }),
    (error: Error) => report({ error: error.stack ?? error.message }),
  );
});

function report(message: LoadMessage): void {
  process.send?.(message);
}

async function run({ target, job }: LoadOrder): Promise<LoadResult> {
  const { url } = target;
  const { form, submissions, seconds, load } = job;
  const requests = prepareRequests(form, submissions, new URL(url).host);
  const clients = load.loop === 'closed' ? load.clients : OPEN_LOOP_CONNECTIONS;
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(url)));
  const connect = () => Connection.open(url);

  const lasting = load.loop === 'closed' ? seconds : submissions / itemsPerRequest(form) / load.requestsPerSecond;
  let patience: NodeJS.Timeout | undefined;
  const unanswered = new Promise<never>((_, reject) => {
    const message = `the server left a request unanswered for ${PATIENCE_MS / 1000} s`;
    patience = setTimeout(() => reject(new Error(message)), lasting * 1000 + PATIENCE_MS);
  });
  const started = performance.now();
  const answered = await Promise.race([
    unanswered,
    load.loop === 'closed'
      ? closedLoop(connections, connect, requests, started + seconds * 1000)
      : openLoop(connections, connect, requests, load.requestsPerSecond, started),
  ]);
  const elapsed = (performance.now() - started) / 1000;
  clearTimeout(patience);
  for (const connection of connections) connection.close();

  // Only now, since it costs as much as the server's own work and would take the server's cores.
  const checker = new AnswerChecker(form, target);
  for (const { request, answer } of answered) checker.check(request, answer);
  const { verified, refused, faults } = checker;
  return {
    verified,
    perSecond: verified / elapsed,
    requests: answered.length,
    seconds: elapsed,
    latency: latencyOf(Float64Array.from(answered, ({ took }) => took)),
    refused,
    faults,
  };
}
