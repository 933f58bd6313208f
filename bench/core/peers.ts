/** What others take for the same work on this machine, where they are installed: OpenSSL, and transparency-dev/merkle in Go. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The Go module of the foreign tests, which pins transparency-dev/merkle. This file is compiled to .cache/bench/bench/core. */
const GO_MODULE = fileURLToPath(new URL('../../../../test/foreign/go', import.meta.url));
const MERKLE = 'github.com/transparency-dev/merkle';

/** Nanoseconds by name, or why there are none. */
export type PeerTimes = { times: Record<string, number> } | { absent: string };

/** The module's own benchmarks of a node hash and of an append with its leaf hash, and one of appending given hashes. */
export async function goTimes(): Promise<PeerTimes> {
  const benchmarks = '^(BenchmarkHashChildren|BenchmarkAppend|BenchmarkAppendGiven)$';
  const packages = ['.', `${MERKLE}/compact`, `${MERKLE}/rfc6962`];
  const args = ['test', '-run', '^$', '-bench', benchmarks, '-cpu', '1', ...packages];
  try {
    const { stdout } = await execute('go', args, { cwd: GO_MODULE });
    return { times: parseGoBenchmarks(stdout) };
  } catch (error) {
    return { absent: `no Go times: ${firstLine(error)}` };
  }
}

/** @param lengths of the messages, bytes */
export async function opensslTimes(lengths: readonly number[]): Promise<PeerTimes> {
  const times: Record<string, number> = {};
  try {
    for (const length of lengths) {
      const args = ['speed', '-seconds', '1', '-bytes', String(length), '-evp', 'sha256'];
      const { stdout } = await execute('openssl', args);
      const nanoseconds = parseOpensslSpeed(stdout, length);
      if (nanoseconds === undefined) return { absent: 'no OpenSSL times: what openssl speed prints is not understood' };
      times[String(length)] = nanoseconds;
    }
    return { times };
  } catch (error) {
    return { absent: `no OpenSSL times: ${firstLine(error)}` };
  }
}

/** Leaves that one operation of the module's BenchmarkAppend appends. */
const APPENDED = 1024;

/** @param output of `go test -bench` */
export function parseGoBenchmarks(output: string): Record<string, number> {
  const found = Object.fromEntries(
    [...output.matchAll(/^Benchmark(\w+?)(?:-\d+)?\s+\d+\s+([0-9.]+) ns\/op/gm)].map(([, name, ns]) => [
      name!,
      Number(ns),
    ]),
  );
  const { HashChildren: node, AppendGiven: given, Append: appended } = found;
  return {
    ...(node !== undefined && { node }),
    ...(given !== undefined && { append: given }),
    ...(appended !== undefined && { 'append with leaf hash': appended / APPENDED }),
  };
}

/**
 * @param output of `openssl speed -evp sha256`, whose last line has thousands of bytes per second
 * @returns nanoseconds for a message of `length` bytes
 */
export function parseOpensslSpeed(output: string, length: number): number | undefined {
  const rate = Number(/^sha256\s+([0-9.]+)k\s*$/im.exec(output)?.[1]);
  return rate > 0 ? (length * 1e6) / rate : undefined;
}

function firstLine(error: unknown): string {
  return String((error as Error).message).split('\n')[0]!;
}
