/** Building and verifying the proofs that a commit answers with. */
import { HASH_LENGTH, type Hash } from '../../src/core/hash.ts';
import {
  assembleProof,
  type ProofPlan,
  planConsistency,
  planInclusion,
  verifyConsistency,
  verifyInclusion,
} from '../../src/core/proof.ts';
import type { Growth } from '../../src/core/tile-edge.ts';
import type { Candidate } from '../measure.ts';
import { exponential } from './append.ts';
import { edgeOfSize, randomHashes, TREE_SIZES } from './large-tree.ts';

/** Leaves of the newest batch, whose proofs are built from the nodes at hand. */
const BATCH = 64;

/** `build-inclusion/1e6`: an operation is a proof. */
export function proofCandidates(): Candidate[] {
  return TREE_SIZES.flatMap((size) => {
    const edge = edgeOfSize(size - BATCH);
    const leaves = randomHashes(BATCH);
    const growth = edge.append(leaves);
    const root = growth.edge.root();
    const inclusions = Array.from({ length: BATCH }, (_, i) => {
      const index = edge.size + i;
      const leafHash = leaves.subarray(HASH_LENGTH * i, HASH_LENGTH * (i + 1));
      return { index, size, leafHash, root, proof: build(growth, planInclusion(index, size)) };
    });
    const proof = build(growth, planConsistency(edge.size, size));
    const claim = { first: edge.size, second: size, firstRoot: edge.root(), secondRoot: root, proof };
    const each = (once: (i: number) => void) => () => {
      for (let i = 0; i < BATCH; i++) once(i);
    };
    const runs: Record<string, () => void> = {
      'build-inclusion': each((i) => build(growth, planInclusion(inclusions[i]!.index, size))),
      'verify-inclusion': each((i) => verifyInclusion(inclusions[i]!)),
      'build-consistency': each(() => build(growth, planConsistency(edge.size, size))),
      'verify-consistency': each(() => verifyConsistency(claim)),
    };
    return Object.entries(runs).map(([name, run]) => ({
      name: `${name}/${exponential(size)}`,
      operations: BATCH,
      run,
    }));
  });
}

function build(growth: Growth, plan: ProofPlan): Hash[] {
  return assembleProof(
    plan,
    plan.nodes.map((node) => growth.node(node)!),
  );
}
