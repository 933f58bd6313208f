/** The two ways in which load comes: from clients that wait for their answers, and at a rate that waits for nothing. */
import type { Answer, Connection } from './connection.ts';
import type { PreparedRequest } from './submissions.ts';

/** Connections that an open loop has at most: with more requests under way, further ones wait. */
const MOST_CONNECTIONS = 256;

export interface Answered {
  request: PreparedRequest;
  answer: Answer;
  /** Milliseconds from its arrival. */
  took: number;
}

/** @param end of sending, as `performance.now()` tells it */
export async function closedLoop(
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
 * Request i arrives i/rate seconds after the start. No arrival is put off because earlier requests take long, and the
 * up to a millisecond by which a timer is late counts as the request's time.
 * @param connections grows, and loses those that the server closed while they were idle
 */
export function openLoop(
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
    const fail = (error: Error) => {
      clearInterval(clock);
      reject(error);
    };

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
      }, fail);
    }

    function addConnection(): void {
      if (connections.length + connecting >= MOST_CONNECTIONS) return;
      connecting++;
      connect().then((connection) => {
        connecting--;
        connections.push(connection);
        idle.push(connection);
        sendDue();
      }, fail);
    }
  });
}
