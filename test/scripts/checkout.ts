/** A small checkout with the real scripts, and stand-ins for npm, the compiler and the bundler that leave a trace of each run. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = fileURLToPath(new URL('../../scripts', import.meta.url));

/** Prints its arguments; `wait` keeps it running until a signal, which it names; `fail` ends with code 9. */
const PROGRAM = `
  if (process.argv.includes('fail')) process.exitCode = 9;
  if (process.argv.includes('wait')) {
    const alive = setInterval(() => {}, 1000);
    process.on('SIGTERM', () => { console.log('stopped by SIGTERM'); clearInterval(alive); process.exitCode = 4; });
  }
  console.log('ran ' + process.argv.slice(1).map((argument) => argument.split(/[\\\\/]/).pop()).join(' '));
`;

const NPM = `
  const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
  appendFileSync('trace', 'npm ' + process.argv[2] + '\\n');
  if (process.argv[2] === 'config') { console.log('false'); process.exit(0); }
  if (process.env.FAKE_NPM === 'fails') { console.error('npm error network unreachable'); process.exit(1); }
  const put = (path, text) => { mkdirSync(path.replace(/[^/]*$/, ''), { recursive: true }); writeFileSync(path, text); };
  put('node_modules/typescript/bin/tsc', ${JSON.stringify(`
    const { appendFileSync, mkdirSync, writeFileSync, readFileSync } = require('node:fs');
    appendFileSync('trace', 'tsc\\n');
    const source = readFileSync('src/main.ts', 'utf8');
    if (source.includes('type error')) { console.log('src/main.ts(1,1): error TS1: type error'); process.exit(2); }
    mkdirSync('dist', { recursive: true });
    writeFileSync('dist/main.js', source);
  `)});
  put('node_modules/rolldown/bin/cli.mjs', "import { appendFileSync } from 'node:fs'; appendFileSync('trace', 'rolldown\\\\n');");
  const broken = process.env.FAKE_NPM === 'no driver';
  if (broken) console.log('gyp ERR! stack Error: not found: make');
  else put('node_modules/better-sqlite3/index.js', ${JSON.stringify(`
    require('node:fs').appendFileSync('trace', 'driver\\n');
    module.exports = class { close() {} };
  `)});
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  put('node_modules/.package-lock.json', JSON.stringify({ packages }));
`;

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export class Checkout {
  readonly root = mkdtempSync(join(tmpdir(), 'countersign-ready-'));

  constructor() {
    cpSync(scripts, join(this.root, 'scripts'), { recursive: true });
    this.write('package.json', JSON.stringify({ type: 'module', engines: { node: '>=20.19' } }));
    this.write('tsconfig.json', '{}');
    this.lock('1.0.0');
    this.write('src/main.ts', PROGRAM);
    this.write('npm/npm-cli.js', NPM);
    this.write('npm/package.json', '{"type": "commonjs"}');
    // The stand-in compiler is CommonJS below a package of type "module".
    this.write('node_modules/package.json', '{"type": "commonjs"}');
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Makes the lock file name one dependency of this version. */
  lock(version: string): void {
    const packages = { '': {}, 'node_modules/dependency': { version, integrity: `sha512-${version}` } };
    this.write('package-lock.json', JSON.stringify({ packages }));
  }

  /** What the stand-ins were called with since the last look. */
  trace(): string[] {
    const path = join(this.root, 'trace');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
    rmSync(path, { force: true });
    return lines;
  }

  /** Runs `scripts/ready.mjs`; `onOutput` sees stdout as it grows and may signal the process. */
  ready(
    args: string[],
    { env = {}, onOutput }: { env?: NodeJS.ProcessEnv; onOutput?: (stdout: string, kill: () => void) => void } = {},
  ): Promise<Ended> {
    const child = spawn(process.execPath, ['scripts/ready.mjs', ...args], {
      cwd: this.root,
      env: { ...process.env, npm_execpath: join(this.root, 'npm', 'npm-cli.js'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended: Ended = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      ended.stdout += text;
      onOutput?.(ended.stdout, () => child.kill('SIGTERM'));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ended.stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ ...ended, code }));
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
