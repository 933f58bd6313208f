/** Runs a program quietly: its output is kept, and shown only where it failed. */
import { spawn } from 'node:child_process';

/**
 * @typedef {object} Outcome
 * @property {number} code exit code; 128 and more where a signal ended it
 * @property {string} output stdout and stderr as they came
 */

/**
 * Runs a program to its end, without a keyboard. Where this process is told to stop meanwhile, the program is stopped
 * first.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd: string, shell?: boolean, onSlow?: (seconds: number) => void}} options `onSlow` is called every 20 seconds
 * @returns {Promise<Outcome>}
 */
export function run(command, args, { cwd, shell = false, onSlow }) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const child = spawn(command, args, { cwd, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    const slow = setInterval(() => onSlow?.(Math.round((Date.now() - started) / 1000)), 20_000);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text;
      });
    }
    /** @type {(signal: NodeJS.Signals) => void} */
    const stop = (signal) => {
      child.kill(signal);
      child.once('close', () => process.exit(signal === 'SIGINT' ? 130 : 143));
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
    const settle = () => {
      clearInterval(slow);
      process.off('SIGINT', stop).off('SIGTERM', stop);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code) => {
      settle();
      resolve({ code: code ?? 128, output });
    });
  });
}
