/** `countersign serve`: runs a log. */
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isLogError } from '../core/errors.ts';
import { nodeHasher } from '../core/node-hasher.ts';
import { ReEmission } from '../evidence/decisions/re-emission.ts';
import { createApp } from '../http/app.ts';
import { systemClock } from '../http/clock.ts';
import { assertAdmission, developmentConfig, type HttpConfig, loadConfig, parseConfig } from '../http/config.ts';
import { EntryStreams } from '../http/feed/entry-streams.ts';
import { gateParts } from '../http/gate-parts.ts';
import { createLimits } from '../http/limits.ts';
import type { RunningServer } from '../http/listen.ts';
import { serveMetrics } from '../http/metrics-server.ts';
import { RevocationStreams } from '../http/revocations/revocation-streams.ts';
import { WebhookCursors } from '../http/revocations/webhook-cursors.ts';
import { Webhooks } from '../http/revocations/webhooks.ts';
import { serve } from '../http/server.ts';
import { createTelemetry, type LogLevel, type Telemetry } from '../http/telemetry.ts';
import { loadCertificatePolicy } from '../http/trust-files.ts';
import type { CertificatePolicy } from '../log/certificate-policy.ts';
import { fromItemError } from '../log/item-error.ts';
import { publicPem } from '../log/keys.ts';
import type { SignerLimitSettings } from '../log/signer-limit.ts';
import { hasTimestampKey } from '../log/timestamp/timestamp-key.ts';
import { webhookKey } from '../log/webhook-key.ts';
import { dataPaths } from '../threads/paths.ts';
import { ThreadedLog } from '../threads/threaded-log.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { initLog } from './init.ts';
import { type Output, remark, writeError, writeResult } from './output.ts';
import { VERSION } from './version.ts';
import { loadWitnessPolicy, startWitnessing, type Witnessing } from './witnessing.ts';

export interface ServeOptions {
  data: string;
  /** Undefined: what the configuration says, else loopback. */
  host?: string;
  /** Undefined: what the configuration says, else 3000. */
  port?: number;
  /** Default: in the user's state folder. */
  anchor?: string;
  config?: string;
  /** Default: below `data`. */
  keys?: string;
  /** The origin that the log must have; a development log is made with it. */
  origin?: string;
  dev?: true;
  metricsPort?: number;
  /** C2SP tlog-policy file. */
  witnessPolicy?: string;
  /** The head that the operator states, where there is no anchor. */
  acceptHead?: { size: number; root: Uint8Array };
  /** Undefined: info; warn for a development log, whose terminal is read by a person. */
  logLevel?: LogLevel;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 3000;

/** Resolves when the server has ended: by a signal, or because going on was not safe. */
export async function runServe(options: ServeOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const config = configuration(options);
  const host = options.host ?? config.host ?? DEFAULT_HOST;
  // A development server admits every write, so it keeps to this machine whatever is configured.
  assertAdmission(host, options.dev ? {} : config);

  const certificates = loadCertificatePolicy(config, options.config === undefined ? '.' : dirname(options.config));
  const log = await openLog(options, { ...config, certificates }, output);
  if (log === undefined) return EXIT.refusedToStart;
  for (const warning of log.opened.warnings) remark(io, `countersign: ${warning}`);

  const level = options.logLevel ?? (options.dev ? 'warn' : 'info');
  const telemetry = createTelemetry({ version: VERSION, level, processMetrics: true });
  const limits = createLimits(config.limits, systemClock);
  const streams = new RevocationStreams(log);
  const entryStreams = new EntryStreams(log);
  const servers: RunningServer[] = [];
  let webhooks: Webhooks | undefined;
  let witnessing: Witnessing | undefined;
  let reEmission: ReEmission | undefined;
  async function end(): Promise<void> {
    // Streams would hold the server open until its patience ends.
    streams.end();
    entryStreams.end();
    const others = [webhooks?.end(), witnessing?.close(), reEmission?.end()];
    await Promise.all([...others, ...servers.map((server) => server.close())]);
    await log?.close();
  }
  try {
    const key = config.webhooks.length === 0 ? undefined : webhookKey(dataPaths(options.data, options.keys).keys);
    const policyFile = witnessPolicyFile(options, config);
    if (policyFile !== undefined) {
      const policy = loadWitnessPolicy(policyFile, log.identity.verifierKey);
      witnessing = startWitnessing(log, policy, dataPaths(options.data).witnessed);
    }
    const gate = gateParts(log, config);
    const app = createApp({
      log,
      gate,
      config,
      telemetry,
      limits,
      clock: systemClock,
      streams,
      entryStreams,
      webhookKey: key && publicPem(key),
      witnessed: witnessing?.head,
    });
    reEmission = new ReEmission(log, gate.decisions, (err) =>
      telemetry.logger.warn({ err }, 'decision not logged anew'),
    );
    webhooks = key && startWebhooks(log, config, key, dataPaths(options.data).webhooks, telemetry);
    const metrics = metricsListener(options, config);
    if (metrics !== undefined) servers.push(await serveMetrics({ registry: telemetry.registry, ...metrics }));
    const port = options.port ?? config.port ?? DEFAULT_PORT;
    const server = await serve(app, { host, port, maxConnections: config.limits.connections });
    servers.push(server);
    const ended = Promise.race([log.stopped, aborted(io.signal)]);
    // The index may have to be built first, which can take minutes, be interrupted, and fail (`stopped` says why).
    const up = log.opened.readsOnly !== undefined || log.writable.then(succeeded, failed);
    if (await Promise.race([up, ended.then(failed)])) announce(log, server.url, options, output);
    const stopped = await ended;
    if (stopped !== undefined) writeError(output, fromItemError(stopped));
    await end();
    if (stopped !== undefined) return EXIT.failStop;
    // What was under way when the signal came may still have met what must not be passed over.
    const late = await Promise.race([log.stopped, undefined]);
    if (late === undefined) return EXIT.done;
    writeError(output, fromItemError(late));
    return EXIT.failStop;
  } catch (error) {
    await end();
    throw error;
  }
}

function configuration(options: ServeOptions): HttpConfig {
  if (options.config !== undefined) return loadConfig(options.config);
  return options.dev ? developmentConfig() : parseConfig({});
}

/** Undefined where the log refused to open, which has then been said. A development log is made where there is none. */
async function openLog(
  options: ServeOptions,
  config: HttpConfig & { certificates: CertificatePolicy | undefined },
  output: Output,
): Promise<ThreadedLog | undefined> {
  const paths = dataPaths(options.data, options.keys);
  try {
    if (options.dev && !existsSync(paths.log)) await initLog(options);
    return await ThreadedLog.open({
      paths,
      anchor: options.anchor,
      origin: options.origin,
      acceptHead: options.acceptHead,
      reserveBytes: config.storage.reserveBytes,
      listedKeys: config.admission?.keys ?? [],
      certificates: config.certificates,
      refuseSecrets: config.payloads.secrets === 'refuse',
      signerLimit: signerLimit(config),
      timestampAuthority: timestampAuthority(options, config, paths.keys, output),
    });
  } catch (error) {
    if (!isLogError(error)) throw error;
    // Whatever the code is elsewhere: a log that is not opened is a refusal to start.
    writeError(output, error);
    return undefined;
  }
}

function startWebhooks(
  log: ThreadedLog,
  { webhooks }: HttpConfig,
  key: KeyObject,
  file: string,
  { logger }: Telemetry,
): Webhooks {
  return new Webhooks({ log, webhooks, key, logger, cursors: new WebhookCursors(file) });
}

function signerLimit({ limits }: HttpConfig): SignerLimitSettings | undefined {
  return limits.signer === false ? undefined : { rate: limits.signer, signers: limits.clients };
}

/** A development log that was created without a timestamp key goes on without the authority that nobody asked for. */
function timestampAuthority({ dev }: ServeOptions, { sigstore }: HttpConfig, keys: string, { io }: Output): boolean {
  if (sigstore.timestampAuthority !== undefined) return sigstore.timestampAuthority;
  if (dev !== true) return false;
  const possible = hasTimestampKey(keys);
  if (!possible)
    remark(
      io,
      'countersign: no timestamp authority, since this log has no timestamp key; countersign add-key timestamp makes one',
    );
  return possible;
}

/** Files that the configuration names lie beside it. */
function witnessPolicyFile(options: ServeOptions, { witnessPolicy }: HttpConfig): string | undefined {
  if (options.witnessPolicy !== undefined || witnessPolicy === undefined) return options.witnessPolicy;
  return resolve(options.config === undefined ? '.' : dirname(options.config), witnessPolicy);
}

function metricsListener(options: ServeOptions, config: HttpConfig): { host?: string; port: number } | undefined {
  if (options.metricsPort !== undefined) return { ...config.metrics, port: options.metricsPort };
  return config.metrics;
}

/** What a person does next, or a program needs to know. */
function announce(log: ThreadedLog, url: string, options: ServeOptions, output: Output): void {
  const { origin, verifierKey, timeVerifierKey } = log.identity;
  const { size } = log.head();
  const { frozen } = log;
  const readsOnly = log.opened.readsOnly !== undefined;
  const limits = frozen ? ' (frozen)' : readsOnly ? ' (reads only)' : '';
  const { implementation, reason } = nodeHasher();
  const hashing = reason === undefined ? implementation : `${implementation} (slower; ${reason})`;
  const lines = [
    `countersign serves ${origin} at ${url}${limits}`,
    `  entries            ${size}`,
    `  verifier key       ${verifierKey}`,
    `  time verifier key  ${timeVerifierKey}`,
    `  data               ${options.data}`,
    `  anchor             ${log.opened.anchor}`,
    `  node hashing       ${hashing}`,
    `  API                ${url}/docs`,
  ];
  if (options.dev && !frozen) lines.push('', ...nextCommands(url, verifierKey, timeVerifierKey));
  writeResult(
    output,
    { url, origin, verifierKey, timeVerifierKey, size, readsOnly, frozen, nodeHashing: implementation },
    lines.join('\n'),
  );
}

function nextCommands(url: string, verifierKey: string, timeVerifierKey: string): string[] {
  return [
    'In another terminal:',
    `  export COUNTERSIGN_URL=${url}`,
    `  export COUNTERSIGN_LOG_KEY='${verifierKey}'`,
    `  export COUNTERSIGN_TIME_KEY='${timeVerifierKey}'`,
    '  npx countersign keygen --output signer.key',
    '  npx countersign add README.md --sign signer.key --bundle README.md.bundle',
    '  npx countersign verify README.md --bundle README.md.bundle --key signer.key.pub',
    '  npx countersign watch $COUNTERSIGN_URL --state watch.json --once',
  ];
}

const succeeded = (): boolean => true;
const failed = (): boolean => false;

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
