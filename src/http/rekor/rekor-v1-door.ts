/** What the routes for clients of Rekor v1 share: the key, UUIDs, and entries in the form that they read. */
import { equalBytes, fromHex, toBase64, toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { InclusionProof, Log, Receipt } from '../../log/log.ts';
import type { RekorV1Signer } from '../../log/rekor-v1-signer.ts';
import { hashListText, noteText } from '../answers.ts';

/** Longest payload that an entry is shown with, bytes, as at Rekor. */
const MAX_ATTESTATION = 100 * 1024;

/** An entry under the first checkpoint that covered it. */
interface ProvedEntry {
  leaf: Uint8Array;
  leafHash: Uint8Array;
  /** POSIX seconds of that checkpoint. */
  time: number;
  inclusionProof: InclusionProof;
  payload?: Uint8Array | undefined;
}

export interface LogEntry {
  uuid: string;
  /** `{"<uuid>": {…}}`, in ASCII. */
  text: string;
}

export class RekorV1Door {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @throws LogError not_enabled for a log without a key for these clients */
  get signer(): RekorV1Signer {
    const { rekorV1 } = this.#log;
    if (rekorV1 !== undefined) return rekorV1;
    throw new LogError(
      'not_enabled',
      'this log is without a key for clients of Rekor v1, so it has no door for them; its operator can add one (countersign add-key rekor-v1)',
    );
  }

  /** Tree id and leaf hash, 80 hexadecimal digits. */
  uuidOf(leafHash: Uint8Array): string {
    return this.signer.identity.treeId + toHex(leafHash);
  }

  /**
   * Index of the entry that a UUID, or a leaf hash alone, names; undefined where this log holds none.
   * @param uuid 80 or 64 hexadecimal digits
   */
  indexOf(uuid: string): number | undefined {
    const name = uuid.toLowerCase();
    if (name.length === 80 && !name.startsWith(this.signer.identity.treeId)) return undefined;
    return this.#log.reader.indexOfLeaf(fromHex(name.slice(-64)));
  }

  /** A receipt as the answer to a write. @throws LogError internal where it comes without its leaf */
  async answer({ leaf, leafHash, time, inclusionProof }: Receipt): Promise<LogEntry> {
    if (leaf === undefined) throw new LogError('internal', 'the log returned a receipt without the leaf');
    return this.#write({ leaf, leafHash, time, inclusionProof });
  }

  /** An entry of any kind. @param index below the published size */
  async entry(index: number): Promise<LogEntry> {
    const { reader } = this.#log;
    const { leaf, leafHash, payload } = reader.entry(index);
    const { size, root, time } = reader.checkpointCovering(index);
    const { proof } = reader.inclusionProof(index, size);
    if (!equalBytes(proof.rootHash, root)) throw new LogError('corrupt', 'a checkpoint has another root than its tree');
    const shown = 'bytes' in payload && payload.bytes.length <= MAX_ATTESTATION ? payload.bytes : undefined;
    return this.#write({ leaf, leafHash, time, inclusionProof: proof, payload: shown });
  }

  async #write({ leaf, leafHash, time, inclusionProof, payload }: ProvedEntry): Promise<LogEntry> {
    const { signer } = this;
    const { index, treeSize, rootHash, hashes } = inclusionProof;
    const body = toBase64(leaf);
    const [note, stamp] = await Promise.all([
      signer.checkpoint(treeSize, rootHash),
      signer.entryTimestamp({ body, index, time }),
    ]);
    const uuid = this.uuidOf(leafHash);
    const attestation = payload === undefined ? '' : `"attestation":{"data":"${toBase64(payload)}"},`;
    const entry = `"body":"${body}","integratedTime":${time},"logID":"${toHex(signer.identity.logId)}","logIndex":${index}`;
    const proof = `"checkpoint":${noteText(note)},"hashes":[${hashListText(hashes)}],"logIndex":${index},"rootHash":"${toHex(rootHash)}","treeSize":${treeSize}`;
    const verification = `{"inclusionProof":{${proof}},"signedEntryTimestamp":"${stamp}"}`;
    return { uuid, text: `{"${uuid}":{${attestation}${entry},"verification":${verification}}}` };
  }
}
