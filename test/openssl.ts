/** The openssl program, as a judge that this project did not write. */
import { spawnSync } from 'node:child_process';
import { it } from 'vitest';

export type OpenSsl = (args: string[], cwd: string) => { code: number; stdout: string; stderr: string };

const openssl: OpenSsl = (args, cwd) => {
  const { status, stdout, stderr } = spawnSync('openssl', args, { cwd, encoding: 'utf8' });
  return { code: status ?? -1, stdout, stderr };
};

const absent = spawnSync('openssl', ['version']).status !== 0;

/** A test that is skipped where there is no openssl. */
export function opensslTest(name: string, test: (openssl: OpenSsl) => Promise<void> | void): void {
  it(name, async (context) => {
    if (absent) context.skip('there is no openssl program here');
    await test(openssl);
  });
}
