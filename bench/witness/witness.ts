/**
 * A log with three witnesses, of which one is killed and one lies, beside a log without any: what that does to the plain
 * path, and how long a submission waits for its cosigned checkpoint.
 */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromHex } from '../../src/core/bytes.ts';
import { formatVerifierKey, NOTE_COSIGNATURE_V1 } from '../../src/core/note.ts';
import { verifyInclusion } from '../../src/core/proof.ts';
import { openUnderPolicy, parseWitnessPolicy, type WitnessPolicy } from '../../src/core/witness-policy.ts';
import { latencyOf } from '../http/latency.ts';
import { LoadGenerator, type LoadResult } from '../http/load.ts';
import { runOpenLoop } from '../http/open-loop.ts';
import { complaints, middle } from '../http/outcomes.ts';
import { type LogFolder, makeLogFolder, type Server, startServer } from '../http/server.ts';
import { ServerProcess } from '../http/server-process.ts';
import { prepareRequests } from '../http/submissions.ts';
import type { Row, Section } from '../report.ts';
import { startLiar } from './liar.ts';

const program = fileURLToPath(new URL('../../../../dist/program/main.js', import.meta.url));

const EFFORT = { quick: { rounds: 1, seconds: 2 }, full: { rounds: 5, seconds: 6 } };

/** Entries that arrive in a second: far from what the server can take, so that waiting shows and queueing does not. */
const RATE = 1_000;
/** Who waits for cosignatures at once, while others submit. */
const WAITING = 20;

interface WitnessProcess {
  process: ServerProcess;
  url: string;
  verifierKey: string;
}

interface Cosigned {
  /** Milliseconds from the request to its answer with a proof in a cosigned checkpoint. */
  took: number[];
  missing: number;
  bad: number;
}

export async function benchWitness({ quick }: { quick: boolean }): Promise<Section[]> {
  const { rounds, seconds } = EFFORT[quick ? 'quick' : 'full'];
  const folders = { plain: makeLogFolder(), witnessed: makeLogFolder() };
  const liar = await startLiar();
  const generator = new LoadGenerator();
  const witnesses: WitnessProcess[] = [];
  const servers: Server[] = [];
  try {
    const { verifierKey } = await identityOf(folders.witnessed);
    for (const name of ['honest', 'killed']) witnesses.push(await startWitness(folders.witnessed, name, verifierKey));
    await witnesses[1]!.process.stop();
    const text = policyText(witnesses, liar.url);
    const file = join(folders.witnessed.path, 'witnesses.txt');
    writeFileSync(file, text);
    const plain = await startServer(folders.plain);
    const witnessed = await startServer(folders.witnessed, ['--witness-policy', file]);
    servers.push(plain, witnessed);

    const runs: { plain: LoadResult[]; witnessed: LoadResult[] } = { plain: [], witnessed: [] };
    for (let round = 0; round < rounds; round++) {
      const job = { form: 'dsse' as const, entriesPerSecond: RATE, seconds };
      runs.plain.push(await runOpenLoop(generator, plain, job));
      runs.witnessed.push(await runOpenLoop(generator, witnessed, job));
    }
    const policy = parseWitnessPolicy(`log ${verifierKey}\n${text}`);
    const load = runOpenLoop(generator, witnessed, {
      form: 'dsse',
      entriesPerSecond: RATE / 2,
      seconds: rounds * seconds,
    });
    const cosigned = await waitFor(witnessed, policy, rounds * seconds * 1000);
    await load;
    return [plainSection(runs), cosignedSection(cosigned)];
  } finally {
    generator.close();
    liar.close();
    await Promise.all([...servers.map((server) => server.stop()), witnesses[0]?.process.stop()]);
    for (const folder of Object.values(folders)) folder.remove();
  }
}

async function identityOf(folder: LogFolder): Promise<{ verifierKey: string }> {
  const server = await startServer(folder);
  await server.stop();
  return server;
}

async function startWitness({ path }: LogFolder, name: string, logKey: string): Promise<WitnessProcess> {
  const args = ['witness', '--data', join(path, name), '--name', `${name}.example`, '--log', logKey, '--port', '0'];
  const process_ = new ServerProcess(process.execPath, [program, ...args, '--format', 'jsonl'], { cwd: path });
  const line = await process_.until(() => /^\{.*\}$/m.exec(process_.output)?.[0]);
  return { process: process_, ...(JSON.parse(line) as { url: string; verifierKey: string }) };
}

/** One of three must cosign: of the others one is not there, and one lies. */
function policyText(witnesses: readonly WitnessProcess[], liarUrl: string): string {
  const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const liarKey = formatVerifierKey('liar.example', NOTE_COSIGNATURE_V1, new Uint8Array(publicKey));
  const lines = witnesses.map(({ url, verifierKey }, n) => `witness w${n} ${verifierKey} ${url}`);
  return [...lines, `witness liar ${liarKey} ${liarUrl}`, 'group one any w0 w1 liar', 'quorum one', ''].join('\n');
}

/** Submissions that wait, one after another for each of those who wait, each answer verified. */
async function waitFor({ url }: Server, policy: WitnessPolicy, milliseconds: number): Promise<Cosigned> {
  const end = performance.now() + milliseconds;
  const cosigned: Cosigned = { took: [], missing: 0, bad: 0 };
  const requests = prepareRequests('dsse', WAITING * 400, new URL(url).host);
  let next = 0;
  await Promise.all(
    Array.from({ length: WAITING }, async () => {
      while (performance.now() < end && next < requests.length) {
        const { bytes, bodyStart } = requests[next++]!;
        const began = performance.now();
        const response = await fetch(`${url}/v1/entries?witnessed=10`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: Uint8Array.from(bytes.subarray(bodyStart)),
        });
        const receipt = (await response.json()) as Receipt;
        if (receipt.witnessed === null) cosigned.missing += 1;
        else if (isProved(receipt, policy)) cosigned.took.push(performance.now() - began);
        else cosigned.bad += 1;
      }
    }),
  );
  return cosigned;
}

interface Receipt {
  index: number;
  leafHash: string;
  witnessed: { inclusionProof: { hashes: string[] }; checkpoint: string } | null;
}

function isProved({ index, leafHash, witnessed }: Receipt, policy: WitnessPolicy): boolean {
  try {
    const { size, root, quorumMet } = openUnderPolicy(witnessed!.checkpoint, policy);
    const proof = witnessed!.inclusionProof.hashes.map((hash) => fromHex(hash));
    verifyInclusion({ index, size, leafHash: fromHex(leafHash), root, proof });
    return quorumMet;
  } catch {
    return false;
  }
}

function plainSection({ plain, witnessed }: { plain: LoadResult[]; witnessed: LoadResult[] }): Section {
  const row = (what: string, results: LoadResult[]): Row => ({
    ...{ what, 'arriving/s': RATE, requests: results.reduce((sum, { requests }) => sum + requests, 0) },
    'p50 ms': middle(results, ({ latency }) => latency.p50),
    'p99 ms': middle(results, ({ latency }) => latency.p99),
    verified: results.reduce((sum, { verified }) => sum + verified, 0),
  });
  return {
    name: 'witness/plain',
    title: 'Witnesses: time to the proof of those who wait for no cosignature',
    rows: [row('no witnesses', plain), row('three: one honest, one killed, one lying', witnessed)],
    notes: [
      'Open loop, single DSSE submissions; the two logs have their turns. Median of the rounds.',
      'The liar answers in turn with a bad signature, a size beyond the log, garbage, ten megabytes, and after three seconds.',
      ...complaints([...plain, ...witnessed]),
    ],
  };
}

function cosignedSection({ took, missing, bad }: Cosigned): Section {
  const { p50, p99, max } = latencyOf(Float64Array.from(took));
  return {
    name: 'witness/cosigned',
    title: 'Witnesses: time from a submission to its proof in a cosigned checkpoint',
    rows: [{ waiting: WAITING, answers: took.length, 'p50 ms': p50, 'p99 ms': p99, 'max ms': max, missing, bad }],
    notes: [
      `The same three witnesses, of whom one must cosign; ${RATE / 2} other submissions arrive in a second. A round begins a tenth`,
      'of a second after the last at the earliest. Each answer’s cosignatures, checkpoint and inclusion proof are verified.',
    ],
  };
}
