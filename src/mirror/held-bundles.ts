/** The full entry bundles that an interrupted copy has left: they need not be asked for again. */
import { equalBytes } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { HASH_LENGTH, leafHash } from '../core/hash.ts';
import { parseEntryBundle, parseTilePath, TILE_WIDTH } from '../core/tile.ts';
import { bundleNames, type MirrorFiles, tileNames } from './mirror-files.ts';

export class HeldBundles {
  readonly #files: MirrorFiles;
  readonly #sound = new Set<number>();

  constructor(files: MirrorFiles) {
    this.#files = files;
  }

  /** True for one that `fetch` has handed out. */
  has(bundle: number): boolean {
    return this.#sound.has(bundle);
  }

  /**
   * A `fetch` that takes full bundles from the copy, where they are sound, and everything else from the log. What comes
   * from the copy is verified by whoever asked, as what comes from the log is.
   * @param base URL of the log, with a slash at its end
   */
  before(base: string, remote: typeof fetch): typeof fetch {
    return async (request, init) => {
      const url = String(request);
      const bundle = url.startsWith(base) ? fullBundleOf(url.slice(base.length)) : undefined;
      const held = bundle === undefined ? undefined : await this.#find(bundle);
      return held === undefined ? remote(request, init) : new Response(new Uint8Array(held));
    };
  }

  /** One that was damaged meanwhile no longer fits the tile beside it, and is not there. */
  async #find(bundle: number): Promise<Uint8Array | undefined> {
    const held = await this.#files.find(bundleNames(bundle)(TILE_WIDTH));
    const tile = await this.#files.find(tileNames({ level: 0, index: bundle })(TILE_WIDTH));
    if (held === undefined || tile === undefined || !fits(held, tile)) return undefined;
    this.#sound.add(bundle);
    return held;
  }
}

function fits(bundle: Uint8Array, tile: Uint8Array): boolean {
  try {
    const leaves = parseEntryBundle(bundle);
    return (
      leaves.length * HASH_LENGTH === tile.length &&
      leaves.every((leaf, i) => equalBytes(leafHash(leaf), tile.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH)))
    );
  } catch (error) {
    if (isLogError(error, 'malformed_tile')) return false;
    throw error;
  }
}

function fullBundleOf(path: string): number | undefined {
  if (!path.startsWith('tile/entries/')) return undefined;
  const named = parseTilePath(path);
  return named.kind === 'entries' && named.width === TILE_WIDTH ? named.index : undefined;
}
