/** How soon a revocation has reached everyone who follows the log, while others write to it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type Latency, latencyOf } from '../http/latency.ts';
import { LoadGenerator, type LoadResult } from '../http/load.ts';
import { runOpenLoop } from '../http/open-loop.ts';
import type { Server } from '../http/server.ts';
import type { RevocationOrder, RevocationTimes } from './revocation-process.ts';

const VERIFIERS = 20;
const WRITES_PER_SECOND = 500;
/** Milliseconds from one revocation to the next; and before the first, for the writes to begin. */
const [BETWEEN, BEFORE] = [200, 1_000];

export interface RevocationRun {
  verifiers: number;
  events: number;
  writes: LoadResult;
  /** From the moment that it was accepted, and that it was sent, to a verifier's DENY. */
  fromAccepted: Latency;
  fromSent: Latency;
}

export async function measureRevocation(server: Server, events: number): Promise<RevocationRun> {
  const { url, verifierKey } = server;
  const { timeVerifierKey } = (await (await fetch(`${url}/v1/log`)).json()) as { timeVerifierKey: string };
  const generator = new LoadGenerator();
  const child = fork(new URL('./revocation-process.js', import.meta.url));
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the verifiers ended with ${code}`)));
  ended.catch(() => undefined);
  const said = async <T>(): Promise<T> => (await Promise.race([once(child, 'message'), ended]))[0] as T;
  try {
    const order: RevocationOrder = { url, verifierKey, timeVerifierKey, verifiers: VERIFIERS, events, pause: BETWEEN };
    child.send(order);
    await said<'ready'>();
    // The revocations fall into the middle of the writes.
    const seconds = (2 * BEFORE + events * BETWEEN * 2) / 1000;
    const writing = runOpenLoop(generator, server, { form: 'dsse', entriesPerSecond: WRITES_PER_SECOND, seconds });
    await new Promise((resolve) => setTimeout(resolve, BEFORE + PREPARING));
    child.send('go');
    const times = await said<RevocationTimes>();
    const writes = await writing;
    const { accepted, sent } = times;
    return {
      ...{ verifiers: VERIFIERS, events, writes },
      fromAccepted: latencyOf(Float64Array.from(accepted)),
      fromSent: latencyOf(Float64Array.from(sent)),
    };
  } finally {
    child.disconnect();
    generator.close();
  }
}

/** Milliseconds in which the load generator makes its submissions before it sends the first. */
const PREPARING = 2_000;
