/** Where the optional shared test material lies: real attestations and published vectors, beside the repository. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = process.env.COUNTERSIGN_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));

/** Absolute path of a file or folder of the shared material, or undefined where it is absent. */
export function shared(path: string): string | undefined {
  const full = `${root}/${path}`;
  return existsSync(full) ? full : undefined;
}

export const SHARED_ABSENT = 'the shared test material is not beside this checkout';
