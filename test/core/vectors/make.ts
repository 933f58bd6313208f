/**
 * Makes the project's own vectors, from the naive tree and node:crypto alone: nothing of src takes part, so that a
 * fault there cannot become the expectation. `vectors.test.ts` holds the files to it.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { naiveConsistency, naiveLeafHash, naivePath, naiveTree, virtualTree } from '../naive-merkle.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const hexes = (list: readonly Uint8Array[]) => list.map(hex);

export interface MerkleVectors {
  about: string;
  /** Root of size n at position n. */
  roots: string[];
  /** Sizes and indexes are decimal texts, since some exceed what other JSON readers take for exact. */
  inclusion: { index: string; size: string; leafHash: string; root: string; proof: string[] }[];
  consistency: { first: string; second: string; firstRoot: string; secondRoot: string; proof: string[] }[];
}

export function merkleVectors(): MerkleVectors {
  const leaves = Array.from({ length: 40 }, (_, i) => Buffer.from(`leaf ${i}`));
  const small = naiveTree(leaves);
  const max = 2n ** 53n - 1n;
  const marked = [0n, 4_294_967_295n, 4_294_967_296n, 2n ** 52n, max - 1n];
  const large = virtualTree(Buffer.from('filler'), new Map(marked.map((i) => [i, Buffer.from(`leaf ${i}`)])));
  const inclusion = (mth: typeof small, index: bigint, size: bigint) => ({
    index: String(index),
    size: String(size),
    leafHash: hex(mth(index, index + 1n)),
    root: hex(mth(0n, size)),
    proof: hexes(naivePath(mth, index, 0n, size)),
  });
  const consistency = (mth: typeof small, first: bigint, second: bigint) => ({
    first: String(first),
    second: String(second),
    firstRoot: hex(mth(0n, first)),
    secondRoot: hex(mth(0n, second)),
    proof: hexes(naiveConsistency(mth, first, second)),
  });
  return {
    about:
      'Leaf i is the UTF-8 text "leaf <i>". Above size 40 only the leaves 0, 2^32-1, 2^32, 2^52 and 2^53-2 are such, ' +
      'all others are the text "filler".',
    roots: Array.from({ length: 41 }, (_, size) => hex(small(0n, BigInt(size)))),
    inclusion: [
      ...[
        [0n, 1n],
        [0n, 2n],
        [2n, 3n],
        [3n, 7n],
        [6n, 7n],
        [8n, 33n],
        [32n, 33n],
        [17n, 40n],
      ].map(([i, n]) => inclusion(small, i!, n!)),
      ...marked.map((index) => inclusion(large, index, max)),
      inclusion(large, 4_294_967_296n, 4_294_967_297n),
    ],
    consistency: [
      ...[
        [1n, 2n],
        [2n, 3n],
        [3n, 7n],
        [4n, 8n],
        [6n, 8n],
        [7n, 40n],
        [32n, 40n],
        [39n, 40n],
      ].map(([m, n]) => consistency(small, m!, n!)),
      ...[1n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 52n, max - 1n].map((first) => consistency(large, first, max)),
    ],
  };
}

export interface NoteVectors {
  about: string;
  logKey: string;
  timeKey: string;
  time: number;
  leaves: string[];
  checkpoint: string;
  tlogProof: string;
}

export function noteVectors(): NoteVectors {
  const log = keyOf('log.example.com', 1, 0x01);
  const time = keyOf('log.example.com/time', 2, 0x04);
  const leaves = Array.from({ length: 5 }, (_, i) => Buffer.from(`leaf ${i}`));
  const tree = naiveTree(leaves);
  const text = `log.example.com\n5\n${tree(0n, 5n).toString('base64')}\n`;
  const seconds = 1_790_000_000;
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(seconds));
  const checkpoint =
    `${text}\n` +
    log.line(sign(null, Buffer.from(text), log.key)) +
    time.line(Buffer.concat([stamp, sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), time.key)])) +
    `\u2014 witness.example ${Buffer.alloc(30, 7).toString('base64')}\n`;
  const proof = naivePath(tree, 3n, 0n, 5n).map((hash) => `${hash.toString('base64')}\n`);
  return {
    about:
      'Ed25519 seeds: 32 bytes of value 1 for the log, 32 bytes of value 2 for its time key. The third line of the ' +
      'checkpoint is of a key that nobody knows. The proof is for leaf 3, its extra data the bytes 00 01 02.',
    logKey: log.vkey,
    timeKey: time.vkey,
    time: seconds,
    leaves: hexes(leaves.map(naiveLeafHash)),
    checkpoint,
    tlogProof: `c2sp.org/tlog-proof@v1\nextra AAEC\nindex 3\n${proof.join('')}\n${checkpoint}`,
  };
}

function keyOf(name: string, seedByte: number, algorithm: number) {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seedByte)]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  const typed = Buffer.concat([Uint8Array.of(algorithm), publicKey]);
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4);
  return {
    key,
    vkey: `${name}+${id.toString('hex')}+${typed.toString('base64')}`,
    line: (signature: Uint8Array) => `\u2014 ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`,
  };
}
