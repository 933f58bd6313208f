/** Reads many paths of a server over a few connections, and keeps the answers for verifying them later. */
import { type Answer, Connection } from './connection.ts';
import { type Latency, latencyOf } from './latency.ts';

const CONNECTIONS = 16;

export interface Reading {
  /** By path, without a slash before it. */
  answers: Map<string, Answer>;
  /** From the first request to the last answer. */
  seconds: number;
  /** Of requests. */
  latency: Latency;
  /** Of all bodies. */
  bytes: number;
}

/** @param paths without a slash before them; every one is read once */
export async function readPaths(url: string, paths: readonly string[]): Promise<Reading> {
  const { host } = new URL(url);
  const requests = paths.map((path) => Buffer.from(`GET /${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`));
  const answers = new Map<string, Answer>();
  const times = new Float64Array(paths.length);
  let next = 0;
  let bytes = 0;
  const client = async () => {
    let connection = await Connection.open(url);
    for (let i = next++; i < paths.length; i = next++) {
      if (!connection.isOpen) connection = await Connection.open(url);
      const sent = performance.now();
      const answer = await connection.send(requests[i]!);
      times[i] = performance.now() - sent;
      bytes += answer.body.length;
      answers.set(paths[i]!, answer);
    }
    connection.close();
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  const seconds = (performance.now() - started) / 1000;
  return { answers, seconds, latency: latencyOf(times), bytes };
}

/** A `fetch` that answers with what was read, so that the client's own code can verify it. */
export function replay(answers: ReadonlyMap<string, Answer>): typeof fetch {
  return async (input) => {
    const path = decodeURI(new URL(input as URL).href.replace(/^https?:\/\/[^/]+\//, ''));
    const answer = answers.get(path);
    if (answer === undefined) return new Response(`the benchmark did not read ${path}`, { status: 404 });
    return new Response(new Uint8Array(answer.body), { status: answer.status });
  };
}
