/** Options: how they are declared, and how their values are read: what is mistyped is told and never guessed at. */
import { InvalidArgumentError, Option } from 'commander';
import { readDuration } from '../evidence/policy/document/duration.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'];

export function remoteOptions(): Option[] {
  return [
    option('--url <url>', 'the log', 'URL'),
    option('--log-key <vkey>', 'verifier key of the log', 'LOG_KEY'),
    option('--time-key <vkey>', "verifier key of the log's time key", 'TIME_KEY'),
    option('--origin <name>', 'origin of the log (default: the name of its key)', 'ORIGIN'),
    option('--token-file <file>', 'bearer token (or the token itself in COUNTERSIGN_TOKEN)', 'TOKEN_FILE'),
    option('--timeout <seconds>', 'for one request', 'TIMEOUT').argParser(positive),
  ];
}

/** @param env what follows COUNTERSIGN_ in the variable that says the same */
export function option(flags: string, description: string, env?: string): Option {
  const added = new Option(flags, description);
  return env === undefined ? added : added.env(`COUNTERSIGN_${env}`);
}

export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

export function index(text: string): number {
  const number = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be an index, from 0.');
  return number;
}

export function collectIndexes(value: string, previous: number[] | undefined): number[] {
  return [...(previous ?? []), index(value)];
}

export function positive(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

export function sha256(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new InvalidArgumentError('It must be 64 lower-case hex digits.');
  return text;
}

export function commit(text: string): string {
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole commit, 40 or 64 lower-case hex digits.');
  }
  return text;
}

/** Seconds. */
export function duration(text: string): number {
  const seconds = readDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('It must be a whole number with s, m, h or d.');
  return seconds;
}

export function port(text: string): number {
  const number = /^(0|[1-9][0-9]{0,4})$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 65_535)) throw new InvalidArgumentError('It must be a port, 0 to 65535.');
  return number;
}

export function head(text: string): { size: number; root: Uint8Array } {
  const [, size, root] = /^(0|[1-9][0-9]{0,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (size === undefined || root === undefined || !Number.isSafeInteger(Number(size))) {
    throw new InvalidArgumentError('It must be SIZE:ROOT, the root as 64 lower-case hex digits.');
  }
  return { size: Number(size), root: Buffer.from(root, 'hex') };
}
