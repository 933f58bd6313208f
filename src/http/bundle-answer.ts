/** The Sigstore bundle of an entry, with the proof under the first checkpoint that covered it. */
import { isLogError, LogError } from '../core/errors.ts';
import { formatBundle } from '../entry/bundle/bundle-out.ts';
import { decodeCompanion } from '../entry/submission/prepared-entry.ts';
import { payloadErased } from '../log/erasure.ts';
import type { Log } from '../log/log.ts';
import { nativeChecks } from '../log/native/native-signatures.ts';

/**
 * The bundle as JSON text.
 * @throws LogError payload_absent, payload_erased where a bundle needs the payload; corrupt
 */
export function bundleOf(log: Log, index: number): string {
  const { leaf, payload, companions } = log.reader.entry(index);
  const { size, note } = log.reader.checkpointCovering(index);
  const { proof } = log.reader.inclusionProof(index, size);
  try {
    const bundle = formatBundle({
      ...{ leaf, index, treeSize: size, hashes: proof.hashes, rootHash: proof.rootHash, checkpoint: note },
      payload: 'bytes' in payload ? payload : undefined,
      companions: companions.map(decodeCompanion),
      logId: log.identity.logId,
      checks: nativeChecks,
    });
    return JSON.stringify(bundle);
  } catch (error) {
    if (isLogError(error, 'malformed_leaf')) {
      throw new LogError('corrupt', 'a stored leaf cannot be read back', { cause: error });
    }
    if (isLogError(error, 'payload_absent') && payload.status === 'erased') {
      throw payloadErased('the payload has been erased, and no bundle can do without; leaf and proofs remain', payload);
    }
    throw error;
  }
}
