/** Building and verifying proofs. */
import { HASH_LENGTH, type Hash } from '../src/core/hash.ts';
import {
  assembleProof,
  type ProofPlan,
  planConsistency,
  planInclusion,
  verifyConsistency,
  verifyInclusion,
} from '../src/core/proof.ts';
import type { Growth } from '../src/core/tile-edge.ts';
import { nobleNodeHash } from './hashing.ts';
import { edgeOfSize, randomHashes, TREE_SIZES } from './large-tree.ts';
import { type Effort, measure } from './measure.ts';
import { formatSpread, type Section } from './report.ts';

/** Leaves of the newest batch: the proofs that a commit answers with are for these. */
const BATCH = 64;

export function benchProofs(effort: Effort): Section {
  const cases = TREE_SIZES.flatMap((size) => {
    const edge = edgeOfSize(size - BATCH);
    const first = { size: edge.size, root: edge.root() };
    const leaves = randomHashes(BATCH);
    const growth = edge.append(leaves);
    const root = growth.edge.root();

    const inclusions = Array.from({ length: BATCH }, (_, i) => {
      const index = first.size + i;
      const leafHash = leaves.subarray(HASH_LENGTH * i, HASH_LENGTH * (i + 1));
      return { index, size, leafHash, root, proof: build(growth, planInclusion(index, size)) };
    });
    const consistency = build(growth, planConsistency(first.size, size));
    const claim = { first: first.size, second: size, firstRoot: first.root, secondRoot: root, proof: consistency };
    const repeat = (once: () => void) => () => {
      for (let i = 0; i < BATCH; i++) once();
    };
    return [
      {
        what: 'build inclusion',
        size,
        hashes: inclusions[0]!.proof.length,
        run: () => {
          for (const { index } of inclusions) build(growth, planInclusion(index, size));
        },
      },
      {
        what: 'verify inclusion',
        size,
        hashes: inclusions[0]!.proof.length,
        run: () => {
          for (const inclusion of inclusions) verifyInclusion(inclusion);
        },
      },
      {
        what: 'build consistency',
        size,
        hashes: consistency.length,
        run: repeat(() => build(growth, planConsistency(first.size, size))),
      },
      {
        what: 'verify consistency',
        size,
        hashes: consistency.length,
        run: repeat(() => verifyConsistency(claim)),
      },
    ];
  });
  const candidates = cases.map(({ what, size, run }) => ({ name: `${what} ${size}`, operations: BATCH, run }));
  const [node, ...timings] = measure([nobleNodeHash(), ...candidates], effort);
  const rows = timings.map(({ nanoseconds, spread }, i) => ({
    what: cases[i]!.what,
    'tree size': cases[i]!.size,
    hashes: cases[i]!.hashes,
    'ns/op': nanoseconds,
    spread: formatSpread(spread),
    'op/s': 1e9 / nanoseconds,
    ratio: nanoseconds / node!.nanoseconds,
  }));
  const notes = [`Of the newest ${BATCH} leaves, from the edge in memory. ratio: in node hashes by @noble/hashes.`];
  return { name: 'proofs', title: 'Proofs: building and verifying', rows, notes };
}

function build(growth: Growth, plan: ProofPlan): Hash[] {
  return assembleProof(
    plan,
    plan.nodes.map((node) => growth.node(node)!),
  );
}
