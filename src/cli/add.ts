/** `countersign add`: submits attestations, bundles and signatures; every record has a result of its own. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddOutcome, LogClient } from '../client/log-client.ts';
import type { VerifiedReceipt } from '../client/receipt.ts';
import { toHex } from '../core/bytes.ts';
import { type ErrorCode, isLogError, LogError } from '../core/errors.ts';
import { parsePublicKeyPem } from '../entry/keys/public-key.ts';
import { parseCertificateChainPem } from '../entry/x509/certificate.ts';
import { nativeChecks } from '../log/native/native-signatures.ts';
import { EXIT, type ExitCode, exitOfCode, worseExit } from './exit.ts';
import { readChunks, readText, replaceFile } from './files.ts';
import type { Io } from './io.ts';
import { readJsonDocuments } from './json-documents.ts';
import { describeError, type Output, printable, ResultList, remark } from './output.ts';
import { startProgress } from './progress.ts';
import { recordsOf } from './records.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { type GivenKeys, submissionOf } from './signers.ts';
import { readSigner, signArtifact } from './signing-event.ts';
import { given } from './usage.ts';

export interface AddOptions extends RemoteOptions {
  publicKey?: string[];
  certificate?: string;
  leaf?: 'dsse';
  /** File for the bundle of the only record. */
  bundle?: string;
  /** Folder for the bundle of every logged record, `<index>.sigstore.json`. */
  bundleDir?: string;
  /** Private key: the files are artifacts, which are signed. */
  sign?: string;
}

/** A record on its way to the log. */
interface Pending {
  file: string;
  /** Number within the file, from 0. */
  record: number;
  submission?: unknown;
  error?: LogError;
}

/** What is sent at once: within the log's own limits, and small enough that progress shows. */
const SEND_ITEMS = 1000;
const SEND_BYTES = 8 * 1024 * 1024;

/** Errors after which further requests are pointless. */
const HOPELESS = ['unreachable', 'unauthorized', 'route_unknown', 'reads_only', 'halted'] as const;

export async function runAdd(files: readonly string[], options: AddOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  if (options.bundle !== undefined && options.bundleDir !== undefined) {
    throw new LogError('usage', 'give either --bundle or --bundle-dir');
  }
  const source =
    options.sign === undefined
      ? readRecords(files, await givenKeys(options), io)
      : signFiles(files, options.sign, options, io);
  const client = await connect(options, io);
  if (options.bundleDir !== undefined) await mkdir(options.bundleDir, { recursive: true });
  const sender = new Sender(client, options, output);
  const progress = await startProgress(io, 'records');
  try {
    for await (const { pending, size } of source) {
      await sender.send(pending, size);
      progress.update(sender.done);
    }
    return await sender.end();
  } catch (error) {
    sender.abandon();
    throw error;
  } finally {
    progress.stop();
  }
}

/** Gathers records, sends them, writes a result for each in the order in which they came. */
class Sender {
  readonly #client: LogClient;
  readonly #options: AddOptions;
  readonly #output: Output;
  readonly #results: ResultList;
  #pending: Pending[] = [];
  #bytes = 0;
  #worst: ExitCode = EXIT.done;
  /** Set once the log cannot be used: what follows is not sent. */
  #hopeless: LogError | undefined;
  done = 0;

  constructor(client: LogClient, options: AddOptions, output: Output) {
    this.#client = client;
    this.#options = options;
    this.#output = output;
    this.#results = new ResultList(output, 'records');
  }

  async send(pending: Pending, size: number): Promise<void> {
    this.#pending.push(pending);
    this.#bytes += size;
    if (this.#pending.length >= SEND_ITEMS || this.#bytes >= SEND_BYTES) await this.#flush();
  }

  async end(): Promise<ExitCode> {
    await this.#flush();
    this.#results.end();
    return this.#worst;
  }

  abandon(): void {
    this.#results.abandon();
  }

  async #flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    this.#bytes = 0;
    const sendable = this.#hopeless === undefined ? pending.filter(({ error }) => error === undefined) : [];
    const outcomes = await this.#client.addBatch(
      sendable.map(({ submission }) => submission),
      { signal: this.#output.io.signal },
    );
    const bySource = new Map(sendable.map((item, i) => [item, outcomes[i]!]));
    for (const item of pending) {
      const outcome = bySource.get(item);
      if (outcome?.receipt !== undefined) await this.#logged(item, outcome.receipt);
      else this.#notLogged(item, outcome);
      this.done++;
    }
  }

  async #logged(item: Pending, receipt: VerifiedReceipt): Promise<void> {
    const status = receipt.duplicate ? 'duplicate' : 'logged';
    const { index } = receipt;
    const value = { ...placeOf(item), status, index, leafHash: toHex(receipt.leafHash) };
    const text = `${status.padEnd(9)} ${String(index).padStart(7)}  ${nameOf(item)}`;
    const path = this.#bundlePath(index);
    if (path === undefined) {
      this.#results.add(value, text);
      return;
    }
    try {
      const { bundle } = await this.#client.bundle(index, { signal: this.#output.io.signal });
      await replaceFile(path, `${JSON.stringify(bundle)}\n`);
      this.#results.add({ ...value, bundle: path }, text);
    } catch (error) {
      // The entry is logged all the same, and its bundle can be had later.
      const { code, message } = describeError(error);
      this.#results.add({ ...value, code, reason: `its bundle was not written: ${message}` }, text);
      remark(this.#output.io, `countersign: the bundle of entry ${index} was not written: ${message}`);
      this.#worst = worseExit(this.#worst, isLogError(error) ? exitOfCode(error.code) : EXIT.failStop);
    }
  }

  #notLogged(item: Pending, outcome: AddOutcome | undefined): void {
    const error = item.error ?? outcome?.error ?? this.#hopeless!;
    const status = isRefusal(error, item) ? 'refused' : 'failed';
    if (isLogError(error, ...HOPELESS) && outcome !== undefined) this.#hopeless = error;
    const { code, message, at } = describeError(error);
    const reason = at ? `${message} (${at})` : message;
    this.#worst = worseExit(this.#worst, status === 'refused' ? EXIT.failed : exitOfCode(error.code));
    this.#results.add(
      { ...placeOf(item), status, code, reason },
      `${status.padEnd(9)} ${'-'.padStart(7)}  ${nameOf(item)}: ${reason} [${code}]`,
    );
  }

  #bundlePath(index: number): string | undefined {
    const { bundle, bundleDir } = this.#options;
    return bundle ?? (bundleDir === undefined ? undefined : join(bundleDir, `${index}.sigstore.json`));
  }
}

/** Not the input's fault, although trying again does not help either. */
const NOT_THE_INPUT: readonly ErrorCode[] = [
  'file_unreadable',
  'unauthorized',
  'proof_invalid',
  'checkpoint_unverified',
  'malformed_checkpoint',
];

/** The input's fault: it cannot be read or is not accepted, however often it is sent. */
function isRefusal({ code }: LogError, item: Pending): boolean {
  if (NOT_THE_INPUT.includes(code)) return false;
  return item.error !== undefined || code === 'forbidden' || exitOfCode(code) === EXIT.failed;
}

function placeOf({ file, record }: Pending): { file: string; record: number } {
  return { file, record };
}

function nameOf({ file, record }: Pending): string {
  return `${printable(file === '-' ? 'stdin' : file)} record ${record}`;
}

/** Keys are read before anything is sent: a wrong key file is a usage error, and no record's fault. */
async function givenKeys(options: AddOptions): Promise<GivenKeys> {
  const publicKeys: string[] = [];
  for (const file of options.publicKey ?? []) publicKeys.push(await readPem(file, parsePublicKeyPem));
  const certificate = options.certificate && (await readPem(options.certificate, parseCertificateChainPem));
  return { publicKeys, certificate, leaf: options.leaf };
}

async function readPem(file: string, parse: (pem: string) => unknown): Promise<string> {
  const pem = await readText(file);
  given(file, () => parse(pem));
  return pem;
}

/** Every record of every file, with its size in bytes or about so. */
async function* readRecords(
  files: readonly string[],
  keys: GivenKeys,
  io: Io,
): AsyncGenerator<{ pending: Pending; size: number }> {
  for (const file of files) {
    let record = 0;
    try {
      for await (const document of readJsonDocuments(readChunks(file, io))) {
        if (document.error !== undefined) {
          yield { pending: { file, record: record++, error: document.error }, size: 0 };
          continue;
        }
        for (const found of recordsOf(document.value)) {
          const place = { file, record: record++ };
          try {
            const submission = submissionOf(found, keys, nativeChecks);
            yield { pending: { ...place, submission }, size: JSON.stringify(submission).length };
          } catch (error) {
            yield { pending: { ...place, error: asRefusal(error) }, size: 0 };
          }
        }
      }
    } catch (error) {
      yield { pending: { file, record, error: asRefusal(error) }, size: 0 };
    }
  }
}

async function* signFiles(
  files: readonly string[],
  keyFile: string,
  options: AddOptions,
  io: Io,
): AsyncGenerator<{ pending: Pending; size: number }> {
  const signer = await readSigner(keyFile);
  const { certificate } = await givenKeys(options);
  for (const file of files) {
    try {
      yield { pending: { file, record: 0, submission: await signArtifact(file, signer, certificate, io) }, size: 1024 };
    } catch (error) {
      yield { pending: { file, record: 0, error: asRefusal(error) }, size: 0 };
    }
  }
}

function asRefusal(error: unknown): LogError {
  if (isLogError(error)) return error;
  throw error;
}
