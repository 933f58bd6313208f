/**
 * A copy of a log as plain files, laid out as C2SP tlog-tiles has them, so that any file server can serve them:
 *
 *   checkpoint                     the newest checkpoint whose whole tree is here
 *   tile/<L>/<N>[.p/<W>]           tiles; tile/entries/<N>[.p/<W>] entry bundles
 *   beside/<N>.jsonl               of the entries of bundle N: what lies beside the leaves, for a Countersign log
 *   mirror.json                    which log this is a copy of
 *
 * Every file is written whole: beside its place, synchronised, renamed. `checkpoint` is replaced last, when all that it
 * covers is on disk. Files beyond it are of a copy that was interrupted, and are taken up again.
 */
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { LogError } from '../core/errors.ts';
import { entriesPath, TILE_WIDTH, type TileId, tilePath } from '../core/tile.ts';

export class MirrorFiles {
  readonly folder: string;
  /** Folders that got a file since `settle`. */
  readonly #touched = new Set<string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  pathOf(name: string): string {
    return join(this.folder, name);
  }

  has(name: string): boolean {
    return existsSync(this.pathOf(name));
  }

  /** @throws LogError file_unreadable, also where there is none */
  async read(name: string): Promise<Uint8Array> {
    const found = await this.find(name);
    if (found === undefined) throw unusable(`${this.pathOf(name)} is missing`);
    return found;
  }

  /** Undefined where there is no such file. @throws LogError file_unreadable */
  async find(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.pathOf(name));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw unusable(`${this.pathOf(name)} cannot be read`, cause);
    }
  }

  /** Lines of a text file; none where there is no such file. */
  async *lines(name: string): AsyncGenerator<string> {
    if (!this.has(name)) return;
    const input = createReadStream(this.pathOf(name));
    try {
      yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    } finally {
      // Whoever reads no further leaves it open otherwise.
      input.destroy();
    }
  }

  /** Writes a file whole. Durable after `settle`. @throws LogError file_unreadable */
  async write(name: string, content: string | Uint8Array | AsyncIterable<string>): Promise<void> {
    const path = this.pathOf(name);
    const made = `${path}.${process.pid}.new`;
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(made, 'w', 0o644);
      try {
        if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content);
        else for await (const part of content) await file.appendFile(part);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(made, path);
    } catch (cause) {
      await rm(made, { force: true }).catch(() => undefined);
      if (cause instanceof LogError) throw cause;
      throw unusable(`${path} cannot be written`, cause);
    }
    // Its folders may be new themselves.
    for (let folder = dirname(path); folder.length >= this.folder.length; folder = dirname(folder)) {
      this.#touched.add(folder);
    }
  }

  /** Makes the names of all that was written durable. */
  async settle(): Promise<void> {
    for (const folder of this.#touched) {
      const directory = await open(folder, 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    }
    this.#touched.clear();
  }

  /**
   * A tile or entry bundle of at least this width, where there is one: the full one, or the partial one of the newest
   * checkpoint. @param nameOf its name at a width
   */
  async widest(nameOf: (width: number) => string, width: number): Promise<Uint8Array | undefined> {
    // The full one first: a partial one may be left of a copy that was interrupted, and never came to a checkpoint.
    const own = (await this.find(nameOf(TILE_WIDTH))) ?? (await this.find(nameOf(width)));
    if (own !== undefined || width === TILE_WIDTH) return own;
    const wider = (await this.#partials(nameOf(width))).filter((held) => held > width).sort((a, b) => a - b);
    return wider[0] === undefined ? undefined : this.find(nameOf(wider[0]));
  }

  /** Removes the partial tiles and bundles beside this one: they are of older checkpoints. */
  async removeOtherPartials(nameOf: (width: number) => string, width: number): Promise<void> {
    const others = (await this.#partials(nameOf(1))).filter((held) => held !== width);
    await Promise.all(others.map((other) => rm(this.pathOf(nameOf(other)), { force: true })));
  }

  /** Widths of the partial tiles that lie in the folder of this one. */
  async #partials(name: string): Promise<number[]> {
    try {
      const names = await readdir(dirname(this.pathOf(name)));
      return names.filter((one) => /^[1-9][0-9]{0,2}$/.test(one)).map(Number);
    } catch {
      return [];
    }
  }
}

/** Names a tile at every width. */
export function tileNames({ level, index }: Omit<TileId, 'width'>): (width: number) => string {
  return (width) => tilePath({ level, index, width });
}

/** Names an entry bundle at every width. */
export function bundleNames(index: number): (width: number) => string {
  return (width) => entriesPath(index, width);
}

/** Name of the file of what lies beside the leaves of a bundle. */
export function besideName(bundle: number): string {
  return `${entriesPath(bundle, TILE_WIDTH).replace('tile/entries', 'beside')}.jsonl`;
}

function unusable(message: string, cause?: unknown): LogError {
  return new LogError('file_unreadable', message, { cause });
}
