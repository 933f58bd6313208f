import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { formatCheckpoint } from '../../src/core/checkpoint.ts';
import { ed25519PublicKey } from '../../src/core/ed25519.ts';
import { leafHash } from '../../src/core/hash.ts';
import { ed25519NoteSigner, ed25519NoteVerifier, signNote } from '../../src/core/note.ts';
import { formatTlogProof, parseTlogProof, type TlogProof, verifyTlogProof } from '../../src/core/tlog-proof.ts';
import { naivePath, naiveTree } from './naive-merkle.ts';
import { flipped, verdict } from './verdict.ts';

const leaves = Array.from({ length: 11 }, (_, i) => utf8(`leaf ${i}`));
const tree = naiveTree(leaves);
const seed = new Uint8Array(32).fill(2);
const verifier = ed25519NoteVerifier('log.example', ed25519PublicKey(seed));
const text = formatCheckpoint({ origin: 'log.example', size: 11, root: tree(0n, 11n), extensions: [] });
const checkpoint = signNote(text, [ed25519NoteSigner('log.example', seed)]);
const proofOf = (index: number): TlogProof => ({
  index,
  hashes: naivePath(tree, BigInt(index), 0n, 11n).map((hash) => new Uint8Array(hash)),
  checkpoint,
});
const FILE = formatTlogProof(proofOf(4));

it('is written, read back and verified for every leaf', () => {
  for (const [index, leaf] of leaves.entries()) {
    const proof = parseTlogProof(formatTlogProof(proofOf(index)));
    expect(proof).toEqual(proofOf(index));
    expect(verifyTlogProof(proof, leafHash(leaf), verifier).size).toBe(11);
  }
});

it('carries extra data, empty ones too, that nothing authenticates', () => {
  for (const extra of [new Uint8Array(0), utf8('anything')]) {
    const proof = parseTlogProof(formatTlogProof({ ...proofOf(4), extra }));
    expect(proof.extra).toEqual(extra);
    expect(verdict(() => verifyTlogProof(proof, leafHash(leaves[4]!), verifier))).toBe('accepted');
  }
});

it('needs no hashes in a log of one leaf', () => {
  const one = signNote(
    formatCheckpoint({ origin: 'log.example', size: 1, root: leafHash(leaves[0]!), extensions: [] }),
    [ed25519NoteSigner('log.example', seed)],
  );
  const proof = parseTlogProof(formatTlogProof({ index: 0, hashes: [], checkpoint: one }));
  expect(verdict(() => verifyTlogProof(proof, leafHash(leaves[0]!), verifier))).toBe('accepted');
});

describe('is rejected', () => {
  it('with any single bit changed', () => {
    const bytes = utf8(FILE);
    const accepted: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = new TextDecoder().decode(flipped(bytes, bit));
      const outcome = verdict(() => verifyTlogProof(parseTlogProof(changed), leafHash(leaves[4]!), verifier));
      if (
        !['malformed_proof', 'malformed_checkpoint', 'checkpoint_unverified', 'proof_invalid'].includes(String(outcome))
      ) {
        accepted.push(bit);
      }
    }
    expect(accepted).toEqual([]);
  });

  it('for another leaf, another log, another key', () => {
    const proof = parseTlogProof(FILE);
    expect(verdict(() => verifyTlogProof(proof, leafHash(leaves[5]!), verifier))).toBe('proof_invalid');
    expect(verdict(() => verifyTlogProof(proof, leafHash(leaves[4]!), verifier, 'x.example'))).toBe(
      'checkpoint_unverified',
    );
    const stranger = ed25519NoteVerifier('log.example', ed25519PublicKey(new Uint8Array(32)));
    expect(verdict(() => verifyTlogProof(proof, leafHash(leaves[4]!), stranger))).toBe('checkpoint_unverified');
  });
});

describe('is malformed', () => {
  const hash = FILE.split('\n')[2]!;
  it.each([
    ['when empty', ''],
    ['with another header', FILE.replace('@v1', '@v2')],
    ['with a line before the header', `\n${FILE}`],
    ['without index', FILE.replace('index 4\n', '')],
    ['with an index that is no number', FILE.replace('index 4', 'index four')],
    ['with a leading zero in the index', FILE.replace('index 4', 'index 04')],
    ['with an index of 2^53', FILE.replace('index 4', 'index 9007199254740992')],
    ['with two indexes', FILE.replace('index 4', 'index 4\nindex 4')],
    ['with extra data after the index', FILE.replace('index 4', 'index 4\nextra AAEC')],
    ['with extra data twice', FILE.replace('index 4', 'extra AAEC\nextra AAEC\nindex 4')],
    ['with extra data that are no base64', FILE.replace('index 4', 'extra ???\nindex 4')],
    ['with a short hash', FILE.replace(hash, 'AAAA')],
    ['with a hash in another spelling', FILE.replace(hash, `${hash.slice(0, -1)}`)],
    ['with carriage returns', FILE.replaceAll('\n', '\r\n')],
    ['without checkpoint', FILE.slice(0, FILE.indexOf('\n\n') + 1)],
    ['with more hashes than any tree needs', FILE.replace(hash, Array.from({ length: 60 }, () => hash).join('\n'))],
  ])('%s', (_, file) => {
    expect(verdict(() => parseTlogProof(file))).toBe('malformed_proof');
  });

  it('above 2 MiB', () => {
    expect(verdict(() => parseTlogProof(`${FILE}${'x'.repeat(2 ** 21)}`))).toBe('limit_exceeded');
  });

  it('and not written so', () => {
    expect(verdict(() => formatTlogProof({ ...proofOf(4), index: -1 }))).toBe('malformed_proof');
    expect(verdict(() => formatTlogProof({ ...proofOf(4), index: 2 ** 53 }))).toBe('malformed_proof');
    expect(verdict(() => formatTlogProof({ ...proofOf(4), hashes: [new Uint8Array(31)] }))).toBe('malformed_proof');
  });
});
