/** Clients that submit what a build system would, as fast as they are answered, until the server is gone. */
import { type Acknowledgement, Http } from './http.ts';
import type { Oracle } from './oracle.ts';
import type { Random } from './random.ts';
import { type Signed, signedArtifact, signedControl, signedStatement } from './signed.ts';

/** Clients that send one submission at a time. */
const SINGLES = 6;
const BATCH_ITEMS = 12;

export interface LoadOptions {
  url: string;
  oracle: Oracle;
  random: Random;
  /** Submissions whose fate is unknown or settled, to be sent again; grows with the load. */
  earlier: Signed[];
  /** Ends the load where the server still runs. */
  until: AbortSignal;
}

/** Resolves when nobody is answered any more, or `until` is aborted. What is acknowledged, the oracle remembers. */
export async function putUnderLoad({ url, oracle, random, earlier, until }: LoadOptions): Promise<void> {
  const http = new Http(url);
  /** Repeats until the server does not answer; a refusal (503 while it stops) is an answer like any other. */
  async function repeat(work: () => Promise<void>): Promise<void> {
    try {
      while (!until.aborted) await work();
    } catch {
      // The connection broke: the server is gone.
    }
  }
  async function submit(signed: Signed): Promise<void> {
    earlier.push(signed);
    const { status, body } = await http.submit(signed);
    if (status === 200 || status === 201) oracle.acknowledge(signed, JSON.parse(body.toString()) as Acknowledgement);
    else if (status !== 503) oracle.violations.push(`a submission was answered ${status}: ${body}`);
  }
  async function single(): Promise<void> {
    const kind = random.below(5);
    if (kind === 0 && earlier.length > 0) return submit(random.pick(earlier));
    if (kind === 1) return submit(signedStatement().whole);
    if (kind === 2) return submit(signedArtifact());
    if (kind === 3) return submit(signedControl());
    const { bare, whole } = signedStatement();
    await submit(bare);
    await submit(whole);
  }
  async function batch(): Promise<void> {
    const items = Array.from({ length: BATCH_ITEMS }, () =>
      random.below(3) === 0 && earlier.length > 0 ? random.pick(earlier) : signedStatement().whole,
    );
    earlier.push(...items);
    const results = await http.logBatch(items);
    results.forEach((result, i) => {
      if (!('error' in result)) oracle.acknowledge(items[i]!, result);
      else if (result.error.status !== 503) oracle.violations.push(`an item was refused: ${result.error.code}`);
    });
  }
  const singles = Array.from({ length: SINGLES }, () => repeat(single));
  await Promise.all([...singles, repeat(batch), repeat(() => oracle.see(http))]);
  http.close();
}
