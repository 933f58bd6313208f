/** Incidents replayed on a real log: `npm run scenario -- [NAME | all] [--format text|json]`. Compiles them first. */
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiled = `${root}.cache/scenarios/`;

const compiler = `${root}node_modules/typescript/bin/tsc`;
const { status } = spawnSync(process.execPath, [compiler, '-p', 'test/scenarios/tsconfig.json'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(status ?? 1);
// What the sources read beside themselves lies as far from what they are compiled to.
for (const folder of ['migrations', 'test/scenarios/policies']) {
  cpSync(root + folder, compiled + folder, { recursive: true });
}
await import(pathToFileURL(`${compiled}test/scenarios/main.js`).href);
