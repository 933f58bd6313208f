/** Refuses a Node that is too old before anything fails in a way that nobody understands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotReady } from './report.mjs';

/**
 * @param {string} root folder of package.json, whose `engines.node` reads `>=MAJOR.MINOR`
 * @throws {NotReady} where this Node is older
 */
export function assertNodeVersion(root) {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '');
  const [major = 0, minor = 0] = wanted.split('.').map(Number);
  const [ourMajor = 0, ourMinor = 0] = process.versions.node.split('.').map(Number);
  if (ourMajor > major || (ourMajor === major && ourMinor >= minor)) return;
  throw new NotReady(
    `countersign needs Node ${wanted} or newer, this is ${process.versions.node}. ` +
      'Get a newer one from https://nodejs.org/en/download or from your version manager (nvm install 22).',
  );
}
