/** A stored entry as it is shown: what the leaf says, and what the payload says where it is there. */
import { toBase64, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { type LeafContent, parseLeaf } from '../entry/leaf/leaf.ts';
import { readStatement, type Statement } from '../entry/leaf/statement.ts';
import type { Verifier } from '../entry/leaf/verifier.ts';
import { type ChainMark, identityOf } from '../entry/x509/certificate.ts';
import type { FulcioFacts } from '../entry/x509/fulcio-facts.ts';
import type { PayloadStatus, StoredEntry } from '../log/log.ts';

export interface EntryJson {
  index: number;
  leafHash: string;
  canonicalizedBody: string;
  kind: string;
  subjects?: { name?: string; digest: Record<string, string> }[];
  predicateType?: string;
  signers: SignerJson[];
  payload: {
    status: PayloadStatus;
    type?: string;
    sha256?: string;
    countsFrom?: number;
    erasedAt?: number;
    reason?: string;
    time?: number;
  };
}

interface SignerJson {
  spkiSha256: string;
  identity?: { names: string[]; issuer?: string; facts?: FulcioFacts; chain: ChainMark };
}

/**
 * @param marks of the leaf's signatures; none: no CA is trusted
 * @throws LogError corrupt where the stored leaf is not one that this log writes
 */
export function entryJson(entry: StoredEntry, marks: readonly ChainMark[] = []): EntryJson {
  const leaf = readStoredLeaf(entry.leaf);
  const statement = statementOf(entry);
  return {
    index: entry.index,
    leafHash: toHex(entry.leafHash),
    canonicalizedBody: toBase64(entry.leaf),
    kind: leaf.kind,
    ...(statement !== undefined && { subjects: subjectsJson(statement), predicateType: statement.predicateType }),
    signers: leaf.signatures.map(({ verifier }, i) => signerJson(verifier, marks[i])),
    payload: payloadJson(entry.payload),
  };
}

/** Reads a leaf that the log itself wrote. @throws LogError corrupt */
function readStoredLeaf(bytes: Uint8Array): LeafContent {
  try {
    return parseLeaf(bytes);
  } catch (cause) {
    throw new LogError('corrupt', 'a stored leaf cannot be read back', { cause });
  }
}

function statementOf({ payload }: StoredEntry): Statement | undefined {
  if (payload.status === 'absent' || payload.status === 'erased') return undefined;
  try {
    return readStatement(payload.bytes, payload.type);
  } catch {
    // Submissions are refused for this; whatever is stored all the same is shown without its statement.
    return undefined;
  }
}

function subjectsJson(statement: Statement): { name?: string; digest: Record<string, string> }[] {
  return statement.subjects.map(({ name, digests }) => ({
    ...(name !== undefined && { name }),
    digest: Object.fromEntries(digests),
  }));
}

function signerJson({ key, certificate }: Verifier, mark: ChainMark | undefined): SignerJson {
  const spkiSha256 = toHex(key.spkiHash);
  if (certificate === undefined) return { spkiSha256 };
  const { names, issuer, facts, chain } = identityOf(certificate, mark);
  const stated = Object.keys(facts).length > 0 ? { facts } : {};
  return { spkiSha256, identity: { names, ...(issuer !== undefined && { issuer }), ...stated, chain } };
}

function payloadJson(payload: StoredEntry['payload']): EntryJson['payload'] {
  if (payload.status === 'absent') return { status: payload.status };
  if (payload.status === 'erased') {
    const { status, erasedAt, sha256: digest, reason, time } = payload;
    return { status, sha256: toHex(digest), erasedAt, reason, time };
  }
  const { status, type, sha256: digest, countsFrom } = payload;
  return { status, type, sha256: toHex(digest), countsFrom };
}
