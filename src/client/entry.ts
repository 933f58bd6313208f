/** Verifies an entry: its leaf against the tree, its payload against the leaf. */
import { equalBytes, fromBase64 } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { type Hash, leafHash } from '../core/hash.ts';
import { type LeafContent, parseLeaf } from '../entry/leaf/leaf.ts';
import { leafBindsPayload } from '../entry/leaf/payload-binding.ts';
import type { ChainMark } from '../entry/x509/certificate.ts';
import { type JsonObject, readObject, readString, unexpected } from './answer.ts';
import { proofInvalid } from './log-key.ts';
import type { VerifiedInclusion } from './receipt.ts';

/** What a log's index says of an entry, as it came. */
export type StatedEntry = JsonObject;

/** An entry that is proved to be in the log. */
export interface VerifiedEntry {
  index: number;
  leafHash: Hash;
  /** The bytes that the tree holds the hash of. */
  leaf: Uint8Array;
  /** What the leaf says; undefined where this version does not know its kind. */
  content: LeafContent | undefined;
  inclusion: VerifiedInclusion;
  /**
   * The payload that the leaf's signatures are over. A `dsse` leaf binds its bytes; its type is then bound by the
   * signatures alone. Undefined where the log has none, or has erased it.
   */
  payload: { bytes: Uint8Array; type: string } | undefined;
  /**
   * What the log says about the certificates of the leaf's signatures, one by one: whether a CA that it trusts issued
   * them. Its word alone; undefined for bare keys.
   */
  chainsUnverified: readonly (ChainMark | undefined)[];
  /** What the log says about the payload; nothing proves why one is missing. */
  payloadStatusUnverified: string;
  /** Index from which the payload counts, as the log says; undefined where it says none. */
  countsFromUnverified: number | undefined;
}

/**
 * @param stated the answer to `GET /v1/entries/{index}`
 * @param inclusion the verified proof of the same index
 * @throws LogError proof_invalid where leaf or payload are not what the tree holds
 */
export async function verifyEntry(
  stated: StatedEntry,
  inclusion: VerifiedInclusion,
  fetchPayload: () => Promise<Uint8Array>,
): Promise<VerifiedEntry> {
  const leaf = bytesOf(readString(stated, 'canonicalizedBody'));
  if (!equalBytes(leafHash(leaf), inclusion.leafHash))
    throw proofInvalid('the leaf is not the one that the tree holds');
  const content = contentOf(leaf);
  const { status, type, countsFrom } = readObject(stated.payload, 'payload');
  const entry: VerifiedEntry = {
    index: inclusion.index,
    leafHash: inclusion.leafHash,
    leaf,
    content,
    inclusion,
    payload: undefined,
    chainsUnverified: content?.signatures.map((_, i) => chainOf(stated.signers, i)) ?? [],
    payloadStatusUnverified: String(status),
    countsFromUnverified: Number.isSafeInteger(countsFrom) ? (countsFrom as number) : undefined,
  };
  if (content === undefined || (status !== 'stored' && status !== 'attached')) return entry;
  if (typeof type !== 'string') throw unexpected('the type of the payload is missing');
  try {
    const payload = { bytes: await fetchPayload(), type };
    if (!leafBindsPayload(content, payload)) throw proofInvalid('the payload is not the one that was signed');
    return { ...entry, payload };
  } catch (error) {
    // It may have been erased since the entry was read.
    if (isLogError(error, 'payload_erased')) return { ...entry, payloadStatusUnverified: 'erased' };
    throw error;
  }
}

/** A mark that is not there, or is another word, says nothing. */
function chainOf(signers: unknown, i: number): ChainMark | undefined {
  const signer = (Array.isArray(signers) ? signers[i] : undefined) as { identity?: { chain?: unknown } } | undefined;
  const chain = signer?.identity?.chain;
  return chain === 'trusted' || chain === 'unverified' ? chain : undefined;
}

function contentOf(leaf: Uint8Array): LeafContent | undefined {
  try {
    return parseLeaf(leaf);
  } catch {
    return undefined;
  }
}

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch {
    throw unexpected('the leaf is not base64');
  }
}
