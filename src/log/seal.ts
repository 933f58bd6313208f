/**
 * The last check before a signature: what the transaction really holds must give the planned root, on a path of its
 * own, and extend what was signed before. It catches a bit that flipped between planning and storage.
 */
import { equalBytes } from '../core/bytes.ts';
import { CompactRange } from '../core/compact-range.ts';
import { LogError } from '../core/errors.ts';
import { HASH_LENGTH, type Hash, leafHash, sha256 } from '../core/hash.ts';
import { assembleProof, planConsistency, verifyConsistency } from '../core/proof.ts';
import { nodeInTile, TILE_HEIGHT, TILE_WIDTH } from '../core/tile.ts';
import type { TileEdge } from '../core/tile-edge.ts';
import type { BatchPlan } from './planner.ts';
import type { Seal, WrittenRows } from './ports.ts';
import type { CheckpointSigner } from './signer.ts';
import { checkWrittenFeed } from './written-feed.ts';

/**
 * @param edge the edge before the batch, from which the second path starts
 * @param time POSIX seconds for the checkpoint
 */
export function sealOf(plan: BatchPlan, edge: TileEdge, signer: CheckpointSigner, time: number): Seal {
  return (written) => {
    const { previous, next } = plan.commit;
    const root = rootFromRows(edge, previous.root, written);
    if (!equalBytes(root, next.root)) throw corrupt('the written leaves do not give the planned root');
    checkTiles(plan, written);
    checkPayloads(plan, written);
    checkWrittenFeed(plan.feed.before, previous.size, written);
    if (previous.size > 0) checkConsistency(plan);
    return { size: next.size, root: next.root, time, note: signer.sign(next.size, next.root, time) };
  };
}

const FULL_TILE_LENGTH = TILE_WIDTH * HASH_LENGTH;
const TILE_ROOT = { height: TILE_HEIGHT, offset: 0 };

/**
 * The second path: stored leaf bytes, hashed anew, appended to the compact range of the last signed tree. Node by node
 * with the one-shot hash, while the plan's nodes come from the SIMD kernel: neither can be wrong alone.
 */
function rootFromRows(edge: TileEdge, previousRoot: Hash, written: WrittenRows): Hash {
  const range = CompactRange.from(edge.size, edge.peakHashes());
  if (!equalBytes(range.root(), previousRoot)) throw corrupt('the edge does not give the last signed root');
  for (const row of written.entries) {
    const hash = leafHash(row.leaf);
    // The stored hash is what the edge is read from at the next start, and what readers extend theirs by.
    if (row.index !== range.size || !equalBytes(row.leafHash, hash)) throw corrupt('a written leaf has another hash');
    range.append(hash);
  }
  return range.root();
}

function checkTiles(plan: BatchPlan, written: WrittenRows): void {
  if (written.tiles.length !== plan.commit.tiles.length) throw corrupt('a tile was not written');
  written.tiles.forEach((tile, i) => {
    const planned = plan.commit.tiles[i]!;
    if (tile.hashes.length !== FULL_TILE_LENGTH) throw corrupt('a written tile is not full');
    const roots = [tile.root, nodeInTile(tile.hashes, TILE_ROOT)];
    if (
      tile.level !== planned.level ||
      tile.index !== planned.index ||
      roots.some((root) => !equalBytes(root, planned.root))
    )
      throw corrupt('a written tile has another root');
  });
}

function checkPayloads(plan: BatchPlan, written: WrittenRows): void {
  if (written.payloads.length !== plan.commit.payloads.length) throw corrupt('a payload was not written');
  written.payloads.forEach((row, i) => {
    const planned = plan.commit.payloads[i]!;
    const same = row.index === planned.index && row.countsFrom === planned.countsFrom && row.type === planned.type;
    const digests = [row.sha256, sha256(row.bytes)];
    if (!same || digests.some((digest) => !equalBytes(digest, planned.sha256)))
      throw corrupt('a written payload is not the planned one');
  });
}

function checkConsistency(plan: BatchPlan): void {
  const { previous, next } = plan.commit;
  const proofPlan = planConsistency(previous.size, next.size);
  const proof = assembleProof(
    proofPlan,
    proofPlan.nodes.map((node) => plan.growth.node(node) ?? missing()),
  );
  verifyConsistency({
    first: previous.size,
    second: next.size,
    firstRoot: previous.root,
    secondRoot: next.root,
    proof,
  });
}

function corrupt(message: string): LogError {
  return new LogError('corrupt', message);
}

function missing(): never {
  throw corrupt('a node of the right edge is missing');
}
