/**
 * The build: `tsc` from src to dist, then the program in a few files (`rolldown.config.mjs`); only when a source, its
 * configuration or a dependency has changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { NotReady, say } from './report.mjs';

/**
 * @param {string} root
 */
export function isBuilt(root) {
  return builtFrom(root) === fingerprint(root);
}

/**
 * @param {string} root
 * @throws {NotReady} with the compiler's output where the sources do not compile
 */
export async function ensureBuilt(root) {
  const stamp = stampOf(root);
  const sources = fingerprint(root);
  if (builtFrom(root) === sources) return;

  say('Building …');
  const started = Date.now();
  rmSync(stamp, { force: true });
  removeOrphans(root);
  const compiled = await runTool(root, 'typescript/bin/tsc', '-p', 'tsconfig.json');
  if (compiled.code !== 0) throw new NotReady(`The sources do not compile:\n${compiled.output}`);
  const bundled = await runTool(root, 'rolldown/bin/cli.mjs', '--config', 'scripts/ready/rolldown.config.mjs');
  if (bundled.code !== 0) throw new NotReady(`The program cannot be put together:\n${bundled.output}`);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, sources);
  say(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

/**
 * @param {string} root
 * @param {string} file below node_modules
 * @param {...string} args
 */
function runTool(root, file, ...args) {
  return run(process.execPath, [join(root, 'node_modules', file), ...args], { cwd: root });
}

/** @param {string} root */
function stampOf(root) {
  return join(root, 'dist', '.sources');
}

/** @param {string} root */
function builtFrom(root) {
  const stamp = stampOf(root);
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
}

/**
 * Identifies everything the build reads by path, size and time of change, so that nothing is opened to find out.
 * @param {string} root
 */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const path of [...filesBelow(root, 'src'), 'tsconfig.json', 'package.json', 'package-lock.json']) {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * Removes what was compiled from sources that are no longer there, and the program: it would still run, and be packed.
 * @param {string} root
 */
function removeOrphans(root) {
  for (const output of filesBelow(root, 'dist')) {
    const module = /^dist\/(.+?)(\.d\.ts|\.js|\.js\.map)$/.exec(output)?.[1];
    if (module !== undefined && !existsSync(join(root, 'src', `${module}.ts`))) rmSync(join(root, output));
  }
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]} paths from the root, with forward slashes, sorted; none where the folder does not exist
 */
function filesBelow(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    });
}
