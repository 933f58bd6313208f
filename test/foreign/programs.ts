/** Programs of others: fetched once by their ordinary clients into `.cache/foreign`, or absent with a reason. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach } from 'vitest';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const CACHE = join(ROOT, '.cache/foreign');

/** What a program said, both streams together, and its exit code. */
export interface Outcome {
  code: number;
  output: string;
}

/** A program, or why there is none. */
export interface Program {
  /** Absolute path; empty where there is none. */
  path: string;
  absent: string | undefined;
}

const execute = promisify(execFile);
const MAX_OUTPUT = 64 * 2 ** 20;

/** Runs a program to its end. @throws Error where it cannot be started, or dies of a signal */
export async function run(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Outcome> {
  try {
    const running = execute(file, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      maxBuffer: MAX_OUTPUT,
    });
    running.child.stdin?.end(options.input);
    const { stdout, stderr } = await running;
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    if (typeof code !== 'number') throw error;
    return { code, output: stdout + stderr };
  }
}

/** Makes the tests of a file skip where its program is absent. COUNTERSIGN_FOREIGN=required fails them instead. */
export function skipWhereAbsent(program: () => Program): void {
  beforeEach((context) => {
    const { absent } = program();
    if (absent === undefined) return;
    if (process.env.COUNTERSIGN_FOREIGN === 'required') throw new Error(absent);
    context.skip(absent);
  });
}

/** A program of a Go module at a version, installed with `go install`. */
export async function goProgram(path: string, version: string): Promise<Program> {
  if (!(await isInstalled('go', 'version'))) return absent('there is no go here');
  const folder = join(CACHE, `${basename(path)}-${version}`);
  const program = join(folder, basename(path));
  if (!existsSync(program)) {
    const { code, output } = await run('go', ['install', `${path}@${version}`], { env: { GOBIN: folder } });
    if (code !== 0) return absent(`go install ${path}@${version} failed: ${lastLine(output)}`);
  }
  return { path: program, absent: undefined };
}

/** The program of this folder's own Go module. @throws Error where it does not compile */
export async function goJudge(): Promise<Program> {
  if (!(await isInstalled('go', 'version'))) return absent('there is no go here');
  const cwd = join(ROOT, 'test/foreign/go');
  const fetched = await run('go', ['mod', 'download'], { cwd });
  if (fetched.code !== 0) return absent(`the Go modules cannot be fetched: ${lastLine(fetched.output)}`);
  const path = join(CACHE, 'judge');
  const built = await run('go', ['build', '-o', path, '.'], { cwd });
  if (built.code !== 0) throw new Error(built.output);
  return { path, absent: undefined };
}

/** The interpreter of a virtual environment that holds these packages, each as `name==version`. */
export async function pythonEnvironment(...packages: [string, ...string[]]): Promise<Program> {
  if (!(await isInstalled('python3', '--version'))) return absent('there is no python3 here');
  const folder = join(CACHE, packages[0].replace('==', '-'));
  const path = join(folder, 'bin/python');
  // Written last, so that what an interrupted run has left is not taken for an environment.
  const complete = join(folder, 'complete');
  if (!existsSync(complete)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    const made = await run('python3', ['-m', 'venv', folder]);
    if (made.code !== 0) return absent(`python3 cannot make a virtual environment: ${lastLine(made.output)}`);
    const installed = await run(path, ['-m', 'pip', 'install', '--quiet', ...packages]);
    if (installed.code !== 0) return absent(`pip install ${packages[0]} failed: ${lastLine(installed.output)}`);
    writeFileSync(complete, '');
  }
  return { path, absent: undefined };
}

async function isInstalled(file: string, versionArgument: string): Promise<boolean> {
  try {
    return (await run(file, [versionArgument])).code === 0;
  } catch {
    return false;
  }
}

function absent(reason: string): Program {
  return { path: '', absent: reason };
}

function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1) ?? '';
}
