/**
 * How far each webhook has been told, in a file beside the log: it outlives the process, so that nothing is left out.
 * It is replaced as a whole after each delivery; a delivery that is not remembered is made again.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { LogError } from '../../core/errors.ts';

export class WebhookCursors {
  readonly #file: string;
  /** Position in the feed that comes next, by URL. Only this object writes the file. */
  readonly #next: Map<string, number>;

  /** @throws LogError config_invalid where the file is damaged */
  constructor(file: string) {
    this.#file = file;
    this.#next = new Map(Object.entries(read(file)));
  }

  /** A webhook that is new is told everything. */
  next(url: string): number {
    return this.#next.get(url) ?? 0;
  }

  /** Durable when it returns. */
  move(url: string, next: number): void {
    this.#next.set(url, next);
    const text = `${JSON.stringify(Object.fromEntries(this.#next), undefined, 2)}\n`;
    const written = `${this.#file}.new`;
    const file = openSync(written, 'w', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(written, this.#file);
  }
}

function read(file: string): Record<string, number> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new LogError('config_invalid', `${file} cannot be read`, { cause: error });
  }
  try {
    const value = JSON.parse(text) as Record<string, number>;
    if (Object.values(value).every((next) => Number.isSafeInteger(next) && next >= 0)) return value;
  } catch {
    // Said below.
  }
  throw new LogError('config_invalid', `${file} is damaged; remove it, and every webhook is told everything again`);
}
