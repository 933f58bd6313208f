/** Where a running program leaves evidence of misbehaviour: a file for each case, written once. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex, utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import type { MisbehaviourEvidence } from '../core/misbehaviour.ts';

/** Files kept: a log that misbehaves once is convicted, and must not fill the disk of who says so. */
const MOST_FILES = 100;

export class EvidenceFolder {
  readonly #folder: string;
  #written = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns the path; undefined where the same evidence lies there already, or there is enough of it */
  write(evidence: MisbehaviourEvidence): string | undefined {
    const text = `${JSON.stringify(evidence, undefined, 2)}\n`;
    const path = join(this.#folder, `${toHex(sha256(utf8(text))).slice(0, 16)}.json`);
    if (this.#written >= MOST_FILES || existsSync(path)) return undefined;
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(path, text, { flag: 'wx', flush: true });
    this.#written += 1;
    return path;
  }
}
