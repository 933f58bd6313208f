/**
 * `countersign admission`: answers a Kubernetes cluster whether images may run. It decides by itself, from proved
 * entries and the log's revocations, so that the log's server is trusted for completeness alone.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isLogError, LogError } from '../core/errors.ts';
import type { Policy } from '../evidence/policy/policy.ts';
import { systemClock } from '../http/clock.ts';
import { parseConfig } from '../http/config.ts';
import { createKubernetesApp } from '../http/kubernetes/kubernetes-app.ts';
import { createLimits } from '../http/limits.ts';
import { serve, type TlsFiles, type TlsServer } from '../http/server.ts';
import { createTelemetry, type LogLevel } from '../http/telemetry.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';
import { type Output, remark, writeResult } from './output.ts';
import { loadPolicy } from './policy-file.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { ReplicaGate } from './replica-gate.ts';
import { StandingReplica } from './standing-replica.ts';
import { readAuthorityFile } from './verified-standing.ts';
import { VERSION } from './version.ts';

export interface AdmissionOptions extends RemoteOptions {
  logKey: string;
  timeKey: string;
  policy: string[];
  authority?: string[];
  host: string;
  port: number;
  tlsCert?: string;
  tlsKey?: string;
  /** Seconds. */
  maxStaleness: number;
  /** Seconds. */
  evidenceAge: number;
  /** Seconds. */
  answerTimeout: number;
  logLevel: LogLevel;
}

/** A cluster waits for ten seconds at most, so there is no time for many attempts. */
const RETRY = { attempts: 2, delay: 100, maxDelay: 1_000 };

/** Milliseconds between two looks at whether the certificate was renewed. */
const RENEWAL = 60_000;

/** Resolves when the process was told to end. @throws LogError where what the log says does not verify */
export async function runAdmission(options: AdmissionOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const policies = await loadPolicies(options.policy, io);
  const authorities = await Promise.all((options.authority ?? []).map(readAuthorityFile));
  const client = await connect({ ...options, timeout: options.timeout ?? 3 }, io, RETRY);
  const replica = new StandingReplica(client, authorities);
  const { maxStaleness, evidenceAge } = options;
  const gate = new ReplicaGate({ client, replica, now: io.now, maxStaleness, evidenceAge });
  const telemetry = createTelemetry({ version: VERSION, level: options.logLevel, processMetrics: true });
  const config = parseConfig({ limits: { reads: false } });
  const app = createKubernetesApp({
    ...{ policies, gate, telemetry, clock: systemClock, limits: createLimits(config.limits, systemClock) },
    timeout: options.answerTimeout * 1000,
  });
  const { host, port } = options;
  const tls = await tlsFiles(options);
  const secured = tls && (await serve(app, { host, port, tls }));
  const server = secured ?? (await serve(app, { host, port }));
  const renewal = secured && setInterval(() => void renew(secured, options, io), RENEWAL);
  try {
    const names = policies.map(({ document }) => document.policy);
    const text = `${server.url}: POST /v1/admission, POST /v1/external-data; policies ${names.join(', ')}`;
    writeResult(output, { url: server.url, policies: names }, text);
    await replica.follow(io.signal);
  } catch (error) {
    if (!io.signal.aborted) throw error;
  } finally {
    clearInterval(renewal);
    await server.close();
  }
  return EXIT.done;
}

/** Files, presets, and all documents of directories. @throws LogError policy_invalid, file_unreadable, usage */
async function loadPolicies(paths: readonly string[], io: Io): Promise<Policy[]> {
  const files = (await Promise.all(paths.map(filesAt))).flat();
  if (files.length === 0) throw new LogError('usage', 'there is no policy: without one, every image would be refused');
  return Promise.all(files.map((file) => named(file, () => loadPolicy(file, io))));
}

async function filesAt(path: string): Promise<string[]> {
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) return [path];
  // ConfigMaps are mounted as links into hidden directories.
  const names = (await readdir(path)).filter((name) => /^[^.].*\.(ya?ml|json)$/.test(name));
  return names.sort().map((name) => join(path, name));
}

async function named<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isLogError(error, 'policy_invalid')) throw error;
    throw new LogError(error.code, `${file}: ${error.message}`, { cause: error, ...(error.at && { at: error.at }) });
  }
}

async function tlsFiles({ tlsCert, tlsKey, host }: AdmissionOptions): Promise<TlsFiles | undefined> {
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { cert: await readText(tlsCert), key: await readText(tlsKey) };
  }
  if (tlsCert !== undefined || tlsKey !== undefined) {
    throw new LogError('usage', 'a certificate goes with its key: give both --tls-cert and --tls-key');
  }
  if (host === '127.0.0.1' || host === '::1' || host === 'localhost') return undefined;
  throw new LogError('usage', 'clusters speak TLS only: give --tls-cert and --tls-key, or keep to --host 127.0.0.1');
}

/** Certificates of clusters are short-lived, and replaced where they lie. One that cannot be used changes nothing. */
async function renew(server: TlsServer, options: AdmissionOptions, io: Io): Promise<void> {
  try {
    server.renew((await tlsFiles(options))!);
  } catch {
    remark(io, 'countersign: the TLS certificate cannot be read or used; the one before it is kept');
  }
}
