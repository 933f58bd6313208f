/** Questions to a gate, at an even rate, about artifacts that a log knows. */
import type { Answer } from '../http/connection.ts';
import { Connection } from '../http/connection.ts';
import { type Latency, latencyOf } from '../http/latency.ts';
import { openLoop } from '../http/load-loops.ts';
import type { PreparedRequest } from '../http/submissions.ts';

/** Arriving per second. */
export const RATE = 200;

const CONNECTIONS = 16;

/** A few thousand requests fill the compiler's queue; only what comes after them counts. */
export const WARM_UP = 400;

/** An artifact of the log, and who signed what it knows about it. */
export interface KnownArtifact {
  sha256: string;
  /** Hex SHA-256 of the signer's SPKI. */
  signer: string;
}

export interface DecisionRun {
  what: string;
  latency: Latency;
  requests: number;
  /** Answers other than those that were expected. */
  wrong: number;
}

/** Entries at the beginning that are left out: who signed them had not signed much yet. */
const BEGINNING = 5_000;

/** Artifacts of entries spread over the whole log, each another. */
export async function artifactsOf(url: string, size: number, count: number): Promise<KnownArtifact[]> {
  const known = new Map<string, KnownArtifact>();
  for (let i = 0; i < count; i++) {
    const answer = await fetch(`${url}/v1/entries/${BEGINNING + Math.floor((i * (size - BEGINNING)) / count)}`);
    const { subjects, signers } = (await answer.json()) as {
      subjects?: { digest: { sha256?: string } }[];
      signers: { spkiSha256: string }[];
    };
    const sha256 = subjects?.[0]?.digest.sha256;
    if (sha256 !== undefined) known.set(sha256, { sha256, signer: signers[0]!.spkiSha256 });
  }
  return [...known.values()];
}

/** @param isExpected of an answer with status 200 */
export async function askAtRate(
  what: string,
  url: string,
  requests: PreparedRequest[],
  isExpected: (body: Buffer) => boolean,
): Promise<DecisionRun> {
  const connect = () => Connection.open(url);
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, connect));
  const answered = await openLoop(connections, connect, requests, RATE, performance.now());
  for (const connection of connections) connection.close();
  const counted = answered.slice(WARM_UP);
  const isWrong = ({ status, body }: Answer) => status !== 200 || !isExpected(body);
  return {
    what,
    latency: latencyOf(Float64Array.from(counted, ({ took }) => took)),
    requests: counted.length,
    wrong: answered.filter(({ answer }) => isWrong(answer)).length,
  };
}
