/** Makes the answers of a batch: proofs of new leaves from the edge at hand, those of earlier ones from storage. */
import { LogError } from '../core/errors.ts';
import { assembleProof, planInclusion } from '../core/proof.ts';
import type { InclusionProof, LogReader, PublishedHead, Receipt } from './log.ts';
import type { BatchPlan, EntryOutcome } from './planner.ts';

export interface ReceiptWriter {
  /** @param head what the batch was committed as; unused where it appended nothing */
  write(plan: BatchPlan, outcome: EntryOutcome, head: PublishedHead): Receipt;
}

interface Proved {
  inclusionProof: InclusionProof;
  checkpoint: string;
  time: number;
  leafHash: Uint8Array;
}

/** @param reader reads what was published before the batch */
export function receiptWriter(reader: LogReader): ReceiptWriter {
  function prove(plan: BatchPlan, index: number, head: PublishedHead): Proved {
    return index < plan.commit.previous.size ? proveStored(reader, index) : proveNew(plan, index, head);
  }
  return {
    write(plan, { index, duplicate, payload, attachedAt }, head) {
      const { leafHash, inclusionProof, checkpoint, time } = prove(plan, index, head);
      const receipt: Receipt = { index, leafHash, duplicate, inclusionProof, checkpoint, time, payload };
      if (attachedAt === undefined) return receipt;
      const statement = prove(plan, attachedAt, head);
      receipt.attachedAt = {
        index: attachedAt,
        inclusionProof: statement.inclusionProof,
        checkpoint: statement.checkpoint,
      };
      return receipt;
    },
  };
}

function proveNew(plan: BatchPlan, index: number, head: PublishedHead): Proved {
  const proofPlan = planInclusion(index, head.size);
  const hashes = proofPlan.nodes.map((id) => {
    const node = plan.growth.node(id);
    if (node === undefined) throw new LogError('corrupt', 'a node of the right edge is missing');
    return node;
  });
  return {
    leafHash: plan.commit.entries[index - plan.commit.previous.size]!.leafHash,
    inclusionProof: { index, treeSize: head.size, rootHash: head.root, hashes: assembleProof(proofPlan, hashes) },
    checkpoint: head.note,
    time: head.time,
  };
}

/** A duplicate's answer is what its first submitter got: the proof under the first checkpoint that covered it. */
function proveStored(reader: LogReader, index: number): Proved {
  const checkpoint = reader.checkpointCovering(index);
  const { proof, leafHash } = reader.inclusionProof(index, checkpoint.size);
  return { leafHash, inclusionProof: proof, checkpoint: checkpoint.note, time: checkpoint.time };
}
