import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fromBase64, toHex, utf8 } from '../../src/core/bytes.ts';
import { leafHash, sha256 } from '../../src/core/hash.ts';
import { verifyConsistency, verifyInclusion } from '../../src/core/proof.ts';
import { parseEntryBundle, tilesOf } from '../../src/core/tile.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import type { EntryPage, EntryQuery, PublishedHead } from '../../src/log/log.ts';
import { VerifiedReader } from '../../src/log/reader.ts';
import { tilePosition } from '../../src/storage/sqlite/log-rows.ts';
import { dataPaths } from '../../src/threads/paths.ts';
import { envelope, hashOf, IN_TOTO, statement, testKey } from '../fixtures/make.ts';
import { COMMIT, npmProvenance, REPOSITORY, RUN } from '../fixtures/predicates.ts';
import { createInlineLog, type InlineLog } from '../inline-log.ts';
import { type Damage, damageTo } from './damage.ts';
import {
  flipped,
  LARGE_SIZE,
  LARGE_SIZES,
  type LargeLog,
  largeLeaf,
  makeLargeLog,
  openLargeLog,
  removeLargeLog,
} from './large-log.ts';
import { identity } from './test-identity.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const corrupt = code('corrupt');

describe('a large log', () => {
  let log: LargeLog;
  let head: PublishedHead;
  beforeAll(makeLargeLog, 60_000);
  afterAll(removeLargeLog);
  beforeEach(() => {
    log = openLargeLog();
    head = log.head;
  });
  afterEach(() => log.close());
  const open = () => new VerifiedReader(log.rows, identity, () => head, { candidates: () => [] });

  it('proves entries and consistency under every checkpoint', () => {
    const reader = open();
    for (const size of LARGE_SIZES) {
      const { root } = reader.checkpoint(size)!;
      for (const index of [0, 255, 256, 65_535, 65_536, size - 1].filter((one) => one < size)) {
        const { proof, leafHash: hash } = reader.inclusionProof(index, size);
        expect(toHex(hash)).toBe(toHex(leafHash(largeLeaf(index))));
        verifyInclusion({ index, size, leafHash: hash, root, proof: proof.hashes });
      }
      for (const second of LARGE_SIZES.filter((later) => later >= size)) {
        const { hashes } = reader.consistencyProof(size, second);
        const secondRoot = reader.checkpoint(second)!.root;
        verifyConsistency({ first: size, second, firstRoot: root, secondRoot, proof: hashes });
      }
    }
  });

  it('names the first checkpoint that covered an entry', () => {
    const reader = open();
    for (const index of [0, 1, 254, 255, 256, 257, 65_535, 65_536, LARGE_SIZE - 1]) {
      expect(reader.checkpointCovering(index).size).toBe(LARGE_SIZES.find((size) => size > index));
    }
  });

  it('pages checkpoints', () => {
    const reader = open();
    expect(reader.checkpoints(0, 3).map(({ size }) => size)).toEqual(LARGE_SIZES.slice(0, 3));
    expect(reader.checkpoints(256, 100).map(({ size }) => size)).toEqual(LARGE_SIZES.slice(3));
    expect(reader.checkpoint(2)).toBeUndefined();
  });

  it('gives bundles and tiles of every width that a published size implied', () => {
    const reader = open();
    for (const [index, width] of [
      [0, 256],
      [0, 1],
      [255, 256],
      [273, 112],
      [273, 5],
    ] as const) {
      const leaves = parseEntryBundle(reader.entryBundle(index, width));
      expect(leaves.map((leaf) => Buffer.from(leaf).toString())).toEqual(
        Array.from({ length: width }, (_, i) => `leaf ${index * 256 + i}`),
      );
      expect(reader.tile(0, index, width)).toEqual(
        Uint8Array.from(Buffer.concat(leaves.map((leaf) => leafHash(leaf)))),
      );
    }
    for (const { level, index, width } of [...tilesOf(LARGE_SIZE)].filter(({ level }) => level > 0)) {
      expect(reader.tile(level, index, width)).toHaveLength(width * 32);
    }
  });

  it('has no tile that no published size implied', () => {
    const reader = open();
    for (const [level, index, width] of [
      [0, 273, 113],
      [0, 274, 1],
      [1, 1, 18],
      [2, 0, 2],
      [3, 0, 1],
      [9, 0, 1],
      [0, 2 ** 46, 1],
    ] as const) {
      expect(() => reader.tile(level, index, width)).toThrow(code('not_found'));
      if (level === 0) expect(() => reader.entryBundle(index, width)).toThrow(code('not_found'));
    }
  });

  it('shows nothing of what is committed and not published', () => {
    const at = log.rows.checkpoint(65_536)!;
    head = at;
    const reader = open();
    const unpublished = code('not_yet_published');
    expect(() => reader.entry(65_536)).toThrow(unpublished);
    expect(() => reader.inclusionProof(65_536, 65_537)).toThrow(unpublished);
    expect(() => reader.inclusionProof(0, 65_537)).toThrow(unpublished);
    expect(() => reader.consistencyProof(1, 65_537)).toThrow(unpublished);
    expect(() => reader.checkpoint(65_537)).toThrow(unpublished);
    expect(() => reader.checkpointCovering(65_536)).toThrow(unpublished);
    expect(() => reader.tile(0, 256, 1)).toThrow(code('not_found'));
    expect(() => reader.entryBundle(256, 1)).toThrow(code('not_found'));
    expect(reader.checkpoints(60_000, 10).map(({ size }) => size)).toEqual([65_535, 65_536]);
    head = log.head;
    expect(reader.checkpointCovering(65_536).size).toBe(65_537);
    expect(toHex(reader.inclusionProof(65_536, LARGE_SIZE).proof.rootHash)).toBe(toHex(head.root));
  });

  it('refuses an index outside the size that is asked for', () => {
    expect(() => open().inclusionProof(300, 300)).toThrow(code('malformed_request'));
    expect(() => open().consistencyProof(301, 300)).toThrow(code('malformed_request'));
  });

  describe('never serves', () => {
    it('a changed leaf', () => {
      for (const index of [3, 65_536, 69_999]) {
        log.damage('UPDATE entries SET leaf = ? WHERE idx = ?', flipped(largeLeaf(index), index), index);
        expect(() => open().entry(index)).toThrow(corrupt);
        expect(() => open().entryBundle(Math.floor(index / 256), (index % 256) + 1)).toThrow(corrupt);
      }
    });

    it('a bundle that lacks an entry', () => {
      log.damage('DELETE FROM entries WHERE idx = 77');
      expect(() => open().entryBundle(0, 256)).toThrow(corrupt);
      expect(() => open().entry(77)).toThrow(corrupt);
    });

    it('a proof from a changed tile', () => {
      const position = tilePosition(0, 4);
      log.damage('UPDATE tiles SET hashes = ? WHERE position = ?', flipped(log.rows.tile(0, 4)!, 999), position);
      expect(() => open().inclusionProof(1030, LARGE_SIZE)).toThrow(corrupt);
      expect(() => open().tile(0, 4, 7)).toThrow(corrupt);
      expect(open().inclusionProof(2000, LARGE_SIZE).proof.hashes).toHaveLength(17);
    });

    it.each<[string, string, (row: { root: Uint8Array; note: string }) => unknown]>([
      ['root', 'root = ?', ({ root }) => flipped(root, 30)],
      ['time', 'time = time + ?', () => 1],
      ['text', 'note = ?', ({ note }) => note.replace('65536', '65537')],
      ['log signature', 'note = ?', ({ note }) => damagedLine(note, -3)],
      ['cosignature', 'note = ?', ({ note }) => damagedLine(note, -2)],
      ['note, which is that of another size', 'note = ?', () => log.rows.checkpoint(65_537)!.note],
    ])('a checkpoint with a changed %s', (_, column, value) => {
      log.damage(`UPDATE checkpoints SET ${column} WHERE size = 65536`, value(log.rows.checkpoint(65_536)!));
      expect(() => open().checkpoint(65_536)).toThrow(corrupt);
      expect(() => open().checkpointCovering(65_535)).toThrow(corrupt);
      expect(() => open().checkpoints(0, 100)).toThrow(corrupt);
      expect(open().checkpoint(65_535)!.size).toBe(65_535);
    });

    it('an entry that no checkpoint covers', () => {
      log.damage('DELETE FROM checkpoints WHERE size = 70000');
      expect(() => open().checkpointCovering(69_999)).toThrow(corrupt);
    });
  });
});

/** One character of a signature line changed, counted from the note's end. */
function damagedLine(note: string, at: number): string {
  const lines = note.split('\n');
  const line = lines.at(at)!;
  lines[lines.length + at] = `${line.slice(0, -20)}${line.at(-20) === 'A' ? 'B' : 'A'}${line.slice(-19)}`;
  return lines.join('\n');
}

describe('entries and look-ups', () => {
  let log: InlineLog;
  let damage: Damage;
  beforeEach(async () => {
    log = await createInlineLog();
    damage = damageTo(dataPaths(`${log.folder}/data`).log);
  });
  afterEach(async () => {
    damage.close();
    await log.close();
  });

  const key = testKey('p256');
  const ABOUT = 'ab'.repeat(32);
  const signed = (n: unknown, subject = ABOUT) => envelope(statement(subject, { predicate: { n } }), [key]);
  const add = (n: unknown, subject?: string) => log.add({ envelope: signed(n, subject), publicKey: key.pem });
  /** As cosign logs an attestation: its digest first, its payload later, or never. */
  const addDigest = (made: ReturnType<typeof signed>) =>
    log.add({
      artifact: { sha256: toHex(hashOf('sha256', pae(IN_TOTO, fromBase64(made.payload)))) },
      signature: made.signatures[0]!.sig,
      publicKey: key.pem,
    });
  async function pages(query: EntryQuery, limit: number, between: () => Promise<unknown> = async () => {}) {
    const seen: EntryPage[] = [];
    let next: EntryPage['next'];
    do {
      const page = log.reader.find(query, { limit, ...next });
      seen.push(page);
      next = page.next;
      await between();
    } while (next !== undefined);
    return seen;
  }
  const indexes = (found: EntryPage[]) => found.flatMap(({ entries }) => entries.map(({ index }) => index));

  it('are found by every term', async () => {
    const { index, leafHash: hash } = await add(1);
    const stored = log.reader.entry(index);
    expect(stored.payload).toMatchObject({ status: 'stored', type: IN_TOTO, countsFrom: index });
    const payload = 'bytes' in stored.payload ? stored.payload : undefined;
    const queries: EntryQuery[] = [
      { subject: `sha256:${ABOUT}` },
      { leafHash: toHex(hash) },
      { signer: toHex(sha256(key.spki)) },
      { predicateType: 'https://slsa.dev/provenance/v1' },
      { payload: toHex(payload!.sha256) },
      { subject: `sha256:${ABOUT}`, signer: toHex(sha256(key.spki)) },
    ];
    for (const query of queries) expect(indexes(await pages(query, 5))).toEqual([index]);
    expect(log.reader.indexOfLeaf(hash)).toBe(index);
    expect(log.reader.indexOfLeaf(sha256(hash))).toBeUndefined();
  });

  it('are found by what they claim', async () => {
    const { index } = await log.add({ envelope: envelope(JSON.stringify(npmProvenance), [key]), publicKey: key.pem });
    const queries: EntryQuery[] = [
      { invocation: RUN },
      { repository: REPOSITORY },
      { builder: 'https://github.com/actions/runner/github-hosted' },
      { dependency: `gitCommit:${COMMIT}` },
      { package: 'pkg:npm/%40acme/api' },
      { package: 'pkg:npm/%40acme/api', invocation: RUN },
    ];
    for (const query of queries) expect(indexes(await pages(query, 5)), JSON.stringify(query)).toEqual([index]);
    expect(indexes(await pages({ package: 'pkg:npm/%40acme/api', invocation: 'x' }, 5))).toEqual([]);
  });

  it('are not found where one term of several does not match', async () => {
    await add(1);
    const found = await pages({ subject: `sha256:${ABOUT}`, signer: 'cd'.repeat(32) }, 5);
    expect(found).toEqual([expect.objectContaining({ entries: [] })]);
    expect(() => log.reader.find({}, { limit: 5 })).toThrow(code('malformed_request'));
  });

  it.each([1, 2, 3, 7, 10, 11])(
    'are paged completely and without doubles, %d at a time, while the log grows',
    async (limit) => {
      for (let n = 0; n < 10; n++) await add(n, n % 2 === 0 ? ABOUT : 'cd'.repeat(32));
      const size = log.head().size;
      let n = 100;
      const found = await pages({ subject: `sha256:${ABOUT}` }, limit, () => add(n++));
      expect(indexes(found)).toEqual([9, 7, 5, 3, 1]);
      for (const { treeSize, rootHash, entries } of found) {
        expect([treeSize, toHex(rootHash)]).toEqual([size, toHex(log.reader.checkpoint(size)!.root)]);
        expect(entries.length).toBeLessThanOrEqual(limit);
      }
    },
  );

  it('cannot be asked for beyond the published size', () => {
    const treeSize = log.head().size + 1;
    expect(() => log.reader.find({ subject: 'sha256:00' }, { limit: 1, treeSize })).toThrow(code('not_yet_published'));
  });

  it('have at each size the facts that they had then', async () => {
    const made = signed('late');
    const { index } = await addDigest(made);
    const before = log.head().size;
    const query = { subject: `sha256:${ABOUT}` };
    expect(indexes([log.reader.find(query, { limit: 5 })])).toEqual([]);
    expect(log.reader.entry(index).payload).toEqual({ status: 'absent' });
    const { attachedAt } = await log.add({ envelope: made, publicKey: key.pem });
    expect(attachedAt!.index).toBe(before);
    expect(log.reader.entry(index).payload).toMatchObject({ status: 'attached', countsFrom: before });
    const found = log.reader.find(query, { limit: 5 });
    expect(found.entries.map((entry) => entry.index)).toEqual([index]);
    expect(found.entries[0]!.payload).toMatchObject({ status: 'attached' });
    // Asked about the size before: still nothing.
    expect(indexes([log.reader.find(query, { limit: 5, treeSize: before })])).toEqual([]);
    const leaf = { leafHash: toHex(log.reader.entry(index).leafHash) };
    expect(log.reader.find(leaf, { limit: 5, treeSize: before }).entries[0]!.payload).toEqual({ status: 'absent' });
    expect(log.reader.find(leaf, { limit: 5 }).entries[0]!.payload).toMatchObject({ status: 'attached' });
  });

  it('are never served with a payload that is not the one that was signed', async () => {
    const { index } = await add(1);
    const other = log.rows.payload((await add(2)).index)!;
    const { bytes, sha256: digest } = log.rows.payload(index)!;
    for (const bit of [0, 77, 300]) {
      damage.run('UPDATE payloads SET bytes = ? WHERE idx = ?', flipped(bytes, bit), index);
      expect(() => log.reader.entry(index)).toThrow(corrupt);
      expect(() => log.reader.find({ signer: toHex(sha256(key.spki)) }, { limit: 5 })).toThrow(corrupt);
    }
    damage.run('UPDATE payloads SET bytes = ?, sha256 = ? WHERE idx = ?', other.bytes, other.sha256, index);
    expect(() => log.reader.entry(index)).toThrow(corrupt);
    damage.run("UPDATE payloads SET bytes = ?, sha256 = ?, type = 'text/plain' WHERE idx = ?", bytes, digest, index);
    expect(() => log.reader.entry(index)).toThrow(corrupt);
  });

  it('are never served with another leaf', async () => {
    const { index } = await add(1);
    damage.run('UPDATE entries SET leaf = ? WHERE idx = ?', utf8('{}'), index);
    expect(() => log.reader.entry(index)).toThrow(corrupt);
  });
});
