/** `npm run scenario`: compiles the scenarios, lays beside them what they read, and becomes their program. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiled = `${root}.cache/scenarios`;

execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}test/scenarios/tsconfig.json`], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
for (const folder of ['migrations', 'test/scenarios/policies']) {
  cpSync(`${root}${folder}`, `${compiled}/${folder}`, { recursive: true });
}
await import(pathToFileURL(`${compiled}/test/scenarios/main.js`).href);
