import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concat, fromBase64, utf8 } from '../../src/core/bytes.ts';
import { formatCheckpoint, openCheckpoint } from '../../src/core/checkpoint.ts';
import { leafHash } from '../../src/core/hash.ts';
import { ed25519NoteSigner, signNote, verifierOf } from '../../src/core/note.ts';
import { encodeEntryBundle, entriesPath, tilePath, tilesOf } from '../../src/core/tile.ts';
import { TileEdge } from '../../src/core/tile-edge.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';

/** Tessera's golden log: with its published test key, every byte of it can be made again. */
const folder = shared('vectors/tessera-log');

describe.skipIf(folder === undefined)(`the golden log of Tessera${folder ? '' : `: ${SHARED_ABSENT}`}`, () => {
  const log = folder && JSON.parse(readFileSync(`${folder}/log.json`, 'utf8'));
  const golden = (path: string) => new Uint8Array(readFileSync(`${folder}/${path}`));
  const leaves: Uint8Array[] = log?.leaves.map(utf8) ?? [];

  it.each<number>(log?.sizes ?? [])('is reproduced byte for byte at size %d', (size) => {
    const { edge } = TileEdge.empty().append(concat(...leaves.slice(0, size).map(leafHash)));
    const seed = fromBase64(log.skey.split('+').slice(4).join('+')).subarray(1);
    const text = formatCheckpoint({ origin: log.origin, size, root: edge.root(), extensions: [] });
    const note = signNote(text, [ed25519NoteSigner(log.origin, seed)]);
    expect(utf8(note)).toEqual(golden(`checkpoint.${size}`));
    for (const tile of tilesOf(size)) {
      expect(edge.partial(tile.level)).toEqual(golden(tilePath(tile)));
      expect(encodeEntryBundle(leaves.slice(0, size))).toEqual(golden(entriesPath(tile.index, tile.width)));
    }
  });

  it.each<number>(log?.sizes ?? [])('opens with its key at size %d', (size) => {
    expect(openCheckpoint(golden(`checkpoint.${size}`), verifierOf(log.vkey)).size).toBe(size);
  });
});
