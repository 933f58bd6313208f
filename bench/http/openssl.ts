/** What the machine can verify at all: the measure that rates are stated in, so that they can be compared elsewhere. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * P-256 verifications per second on all cores, by `openssl speed`.
 * @returns undefined where there is no openssl, or none that takes these options
 */
export function verificationsPerSecond(seconds: number): Promise<number | undefined> {
  const cores = String(availableParallelism());
  return new Promise((resolve) => {
    execFile('openssl', ['speed', '-multi', cores, '-seconds', String(seconds), 'ecdsap256'], (error, stdout) => {
      // " 256 bits ecdsa (nistp256)   0.0000s   0.0001s  41235.0  13100.0": seconds and rates, of signing and verifying.
      const rates = /256 bits ecdsa.*?([0-9.]+)\s+([0-9.]+)\s*$/m.exec(stdout);
      const rate = Number(rates?.[2]);
      resolve(error === null && rate > 0 ? rate : undefined);
    });
  });
}
