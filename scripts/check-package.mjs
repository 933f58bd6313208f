/** Checks what `npm publish` would send: everything that runs and everything it reads, and nothing private. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const listing = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  shell: process.platform === 'win32',
});
/** @type {string[]} */
const packed = JSON.parse(listing)[0].files.map((/** @type {{path: string}} */ file) => file.path);

const migrations = readdirSync(new URL('../migrations', import.meta.url), { recursive: true })
  .map((path) => `migrations/${String(path).replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.sql'));
const required = [
  'dist/program/main.js',
  'dist/index.js',
  'dist/index.d.ts',
  'openapi.yaml',
  'README.md',
  ...migrations,
];
const allowed = /^(dist|src|migrations)\/|^(package\.json|openapi\.yaml|README\.md|LICENSE)$/;
const faults = [
  ...required.filter((path) => !packed.includes(path)).map((path) => `missing from the package: ${path}`),
  ...packed.filter((path) => !allowed.test(path)).map((path) => `does not belong in the package: ${path}`),
  ...(migrations.length === 0 ? ['there are no migrations'] : []),
];

for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exit(1);
process.stdout.write(`The package holds ${packed.length} files, all that it needs.\n`);
