/** `countersign witness`: cosigns the checkpoints of logs that it has proved to be consistent. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LogError } from '../core/errors.ts';
import type { MisbehaviourEvidence } from '../core/misbehaviour.ts';
import { serve } from '../http/server.ts';
import { createWitnessApp } from '../http/witness/witness-app.ts';
import { crashPoint } from '../log/crash-points.ts';
import { nativeNoteVerifier } from '../log/native/native-notes.ts';
import { openWitnessKey } from '../log/witness-key.ts';
import { WitnessDatabase } from '../storage/sqlite/witness-db.ts';
import { readWatchedLogs } from '../witness/watched-log.ts';
import { Witness } from '../witness/witness.ts';
import { EvidenceFolder } from './evidence-folder.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, remark, writeResult } from './output.ts';
import { given } from './usage.ts';

export interface WitnessOptions {
  data: string;
  log?: string[];
  name?: string;
  host: string;
  port: number;
}

/** Resolves when the witness was told to end. */
export async function runWitness(options: WitnessOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const logs = given('--log', () => readWatchedLogs(options.log ?? [], nativeNoteVerifier));
  if (logs.size === 0) throw new LogError('usage', 'say which logs to watch: --log, the verifier key of each');
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const store = new WitnessDatabase(join(options.data, 'witness.db'));
  try {
    const known = store.identity();
    const { verifierKey, cosigner } = openWitnessKey(options.data, options.name, known);
    if (known === undefined) store.setIdentity(verifierKey);

    const evidence = new EvidenceFolder(join(options.data, 'evidence'));
    const witness = new Witness({
      logs,
      cosigner,
      store,
      clock: io.now,
      misbehaved: (found) => report(evidence, found, output),
      persisted: () => crashPoint('witness-persisted'),
    });
    const app = createWitnessApp({ witness, origins: logs.keys(), verifierKey });
    const server = await serve(app, { host: options.host, port: options.port });
    const { url } = server;
    const lines = [
      `countersign witnesses ${logs.size === 1 ? 'one log' : `${logs.size} logs`} at ${url}`,
      `  verifier key  ${verifierKey}`,
      `  data          ${options.data}`,
      ...Array.from(logs.keys(), (origin) => `  log           ${origin}`),
    ];
    writeResult(output, { url, verifierKey, logs: [...logs.keys()] }, lines.join('\n'));
    await aborted(io.signal);
    await server.close();
    return EXIT.done;
  } finally {
    store.close();
  }
}

/** That no file can be written must not hide what the log did. */
function report(files: EvidenceFolder, evidence: MisbehaviourEvidence, { io }: Output): void {
  const said = `countersign: ${evidence.origin} signed two trees that cannot both be true`;
  try {
    const path = files.write(evidence);
    if (path !== undefined) remark(io, `${said}; the evidence is in ${path}: keep it, and show it to others`);
  } catch {
    remark(io, `${said}; no file can be written, so here is the evidence:\n${JSON.stringify(evidence)}`);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
