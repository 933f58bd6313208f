/** Verifies the answer to a submission: an acknowledgement counts for as much as its inclusion proof. */
import { equalBytes } from '../core/bytes.ts';
import type { Hash } from '../core/hash.ts';
import { verifyInclusion } from '../core/proof.ts';
import type { StatedInclusion, StatedReceipt } from './answer.ts';
import { type LogKey, proofInvalid, type VerifiedCheckpoint } from './log-key.ts';

/** An entry that is proved to be in the log. */
export interface VerifiedReceipt {
  index: number;
  /** That of what was submitted. */
  leafHash: Hash;
  /** True where it was in the log before. */
  duplicate: boolean;
  /** Leads from the leaf to the checkpoint's root; hashes from the leaf's sibling to the root's child. */
  inclusionProof: StatedInclusion;
  /** The first checkpoint that covers the entry. */
  checkpoint: VerifiedCheckpoint;
  /** What the log says about the payload, and where its arrival was logged. Nothing here proves it. */
  payloadUnverified: { status: StatedReceipt['payload']; attachedAt: StatedReceipt['attachedAt'] };
}

/** An inclusion proof, and the checkpoint that its root was traced to. */
export interface VerifiedInclusion extends StatedInclusion {
  leafHash: Hash;
  /** Of this very size where `exact`, else of a later one that was proved to extend it. */
  checkpoint: VerifiedCheckpoint;
  exact: boolean;
}

/**
 * @param submitted hash of the leaf that the submission must have become
 * @throws LogError proof_invalid; malformed_checkpoint; checkpoint_unverified
 */
export function verifyReceipt(stated: StatedReceipt, submitted: Hash, key: LogKey): VerifiedReceipt {
  if (!equalBytes(stated.leafHash, submitted)) {
    throw proofInvalid('the log acknowledged another leaf than the one that was submitted');
  }
  if (stated.inclusionProof.index !== stated.index) throw proofInvalid('the proof is for another index');
  const checkpoint = key.open(stated.checkpoint);
  verifyStatedInclusion(stated.inclusionProof, submitted, checkpoint);
  return {
    index: stated.index,
    leafHash: stated.leafHash,
    duplicate: stated.duplicate,
    inclusionProof: stated.inclusionProof,
    checkpoint,
    payloadUnverified: { status: stated.payload, attachedAt: stated.attachedAt },
  };
}

/** @throws LogError proof_invalid where the proof does not lead from the leaf to exactly this checkpoint */
export function verifyStatedInclusion(
  stated: StatedInclusion,
  leafHash: Hash,
  head: { size: number; root: Hash },
): void {
  if (stated.treeSize !== head.size) throw proofInvalid('the proof is for another tree size than the checkpoint');
  if (!equalBytes(stated.rootHash, head.root)) throw proofInvalid('the proof is for another root than the checkpoint');
  verifyInclusion({ index: stated.index, size: head.size, leafHash, root: head.root, proof: stated.hashes });
}
