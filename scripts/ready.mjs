/**
 * Makes a checkout ready to run, then becomes the given program:
 *
 *   node scripts/ready.mjs [FILE [ARGUMENT…]]
 *
 * Installs the dependencies of the lock file and compiles the sources, each only when something has changed since. The
 * program runs in this very process, so signals, exit codes and the terminal are its own, and the usual start costs a
 * few file reads. Progress goes to stderr; nothing is ever asked.
 */
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt, isBuilt } from './ready/build.mjs';
import { ensureInstalled, isInstalled } from './ready/dependencies.mjs';
import { assertNodeVersion } from './ready/node-version.mjs';
import { NotReady, say } from './ready/report.mjs';
import { inTurn } from './ready/turn.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [file, ...args] = process.argv.slice(2);

try {
  assertNodeVersion(root);
  if (!isInstalled(root) || !isBuilt(root)) {
    await inTurn(root, async () => {
      await ensureInstalled(root);
      await ensureBuilt(root);
    });
  }
} catch (error) {
  if (!(error instanceof NotReady)) throw error;
  say(error.message);
  process.exit(1);
}

if (file !== undefined) {
  const program = resolve(root, file);
  process.argv = [process.argv[0] ?? process.execPath, program, ...args];
  await import(pathToFileURL(program).href);
}
