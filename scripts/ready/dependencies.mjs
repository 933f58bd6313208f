/** Dependencies: installed from the lock file when they are not, and the SQLite driver checked to load. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './child.mjs';
import { NotReady, say } from './report.mjs';

const DRIVER = 'better-sqlite3';
const FIRST_LINES = 8;

/**
 * @param {string} root
 */
export function isInstalled(root) {
  return readIfThere(stampOf(root)) === installationName(root);
}

/** @param {string} root */
function stampOf(root) {
  return join(root, 'node_modules', '.countersign-ready');
}

/**
 * Installs what the lock file names unless that has been done already for this lock file and this Node. A folder that
 * was filled by hand with `npm ci` or `npm install` counts as installed if npm's own record of it agrees with the lock.
 * @param {string} root
 * @throws {NotReady} where the installation fails or leaves no SQLite driver that loads
 */
export async function ensureInstalled(root) {
  if (isInstalled(root)) return;

  let log = '';
  if (!agreesWithLock(root)) log = await install(root);
  let fault = await driverFault(root);
  // A driver compiled for another Node, or one that could not be compiled last time, may come right now.
  if (fault !== undefined && log === '') {
    log = await install(root);
    fault = await driverFault(root);
  }
  if (fault !== undefined) throw new NotReady(await explainDriver(root, fault, log));
  writeFileSync(stampOf(root), installationName(root));
}

/**
 * Names one installation: the lock file's content and the binary interface that native modules were compiled for.
 * @param {string} root
 */
function installationName(root) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `lock ${lock}\nnode ABI ${process.versions.modules} ${process.platform} ${process.arch}\n`;
}

/**
 * @typedef {{version?: string, integrity?: string, optional?: boolean}} LockedPackage
 */

/**
 * Compares npm's record of what it put into node_modules with the lock file. Optional packages may be absent: most
 * belong to other platforms.
 * @param {string} root
 */
function agreesWithLock(root) {
  const record = readIfThere(join(root, 'node_modules', '.package-lock.json'));
  if (record === undefined) return false;
  /** @type {Record<string, LockedPackage>} */
  const installed = JSON.parse(record).packages;
  /** @type {Record<string, LockedPackage>} */
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, wanted]) => {
    const found = installed[path];
    if (path === '') return true;
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/**
 * @param {string} root
 * @returns {Promise<string>} npm's output
 */
async function install(root) {
  say('Installing dependencies from package-lock.json (about a minute where the SQLite driver must be compiled) …');
  const started = Date.now();
  const { code, output } = await npm(
    root,
    // Development dependencies hold the compiler and the tests, whatever NODE_ENV says. npm hides why an optional
    // package failed unless install scripts run in the foreground.
    ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--foreground-scripts'],
    (seconds) => say(`  still installing after ${seconds} s`),
  );
  if (code !== 0) throw new NotReady(`npm ci failed with code ${code}:\n${indent(tellingLines(output))}`);
  say(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
  return output;
}

/**
 * @param {string} root
 * @param {string[]} args
 * @param {(seconds: number) => void} [onSlow]
 */
function npm(root, args, onSlow) {
  const options = { cwd: root, ...(onSlow && { onSlow }) };
  // The npm that runs this script, rather than whichever comes first in PATH.
  const running = process.env.npm_execpath;
  if (running !== undefined && basename(running) === 'npm-cli.js') {
    return run(process.execPath, [running, ...args], options);
  }
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}

/**
 * Opens a database in memory, in a process of its own: a driver built for another Node may crash instead of throwing.
 * @param {string} root
 * @returns {Promise<string | undefined>} what went wrong
 */
async function driverFault(root) {
  const program = `new (require('${DRIVER}'))(':memory:').close()`;
  const { code, output } = await run(process.execPath, ['-e', program], { cwd: root });
  return code === 0 ? undefined : output || `the driver crashed (code ${code})`;
}

/**
 * @param {string} root
 * @param {string} fault what loading said
 * @param {string} log what installing said
 */
async function explainDriver(root, fault, log) {
  const setting = await npm(root, ['config', 'get', 'ignore-scripts']);
  const scriptsOff = setting.output.trim().endsWith('true');
  const advice = scriptsOff
    ? [
        "npm's ignore-scripts setting is on, so the driver could not be fetched or compiled. For this package alone:",
        `  npm rebuild ${DRIVER} --ignore-scripts=false`,
      ]
    : [
        'Its installation needs one of:',
        '  - a network that reaches github.com, where the prebuilt driver lies, or',
        '  - a C++ compiler, make and Python 3 to compile it: apt install build-essential python3,',
        '    dnf install gcc-c++ make python3, or xcode-select --install.',
      ];
  return [
    `The SQLite driver (${DRIVER}) does not load; the log cannot store anything without it.`,
    ...advice,
    'Then run the same command again. What the attempt said:',
    indent(tellingLines(log === '' || scriptsOff ? fault : log)),
  ].join('\n');
}

/**
 * The first lines that say why, out of the hundreds that npm, node-gyp and a compiler print.
 * @param {string} output
 */
function tellingLines(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) =>
    /prebuild-install (warn|err)|^npm error|gyp ERR! stack Error|error:/i.test(line),
  );
  return (telling.length > 0 ? telling : lines).slice(0, FIRST_LINES);
}

/** @param {string[]} lines */
function indent(lines) {
  return lines.map((line) => `  ${line}`).join('\n');
}

/**
 * @param {string} path
 * @returns {string | undefined}
 */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
