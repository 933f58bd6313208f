/** Writes Sigstore bundles that carry this log's inclusion proof (protobuf-specs `sigstore_bundle.proto`). */
import { toBase64, toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import type { Companion } from '../leaf/companion.ts';
import { type LeafContent, parseLeaf } from '../leaf/leaf.ts';
import { leafBindsPayload } from '../leaf/payload-binding.ts';
import { isTimestampOf, timestampClaim } from '../timestamp/timestamp.ts';
import { type Certificate, parseCertificate, signedBy } from '../x509/certificate.ts';

export interface BundleParts {
  leaf: Uint8Array;
  /** The envelope's payload where it is at hand. */
  payload: { bytes: Uint8Array; type: string } | undefined;
  /** Everything that came along with the leaf, oldest first; only what checks out gets into the bundle. */
  companions: readonly Companion[];
  index: number;
  treeSize: number;
  /** 32 bytes each, from the leaf's side to the root's. */
  hashes: readonly Uint8Array[];
  rootHash: Uint8Array;
  /** Signed note over `treeSize` and `rootHash`. */
  checkpoint: string;
  /** 32 bytes. */
  logId: Uint8Array;
  checks: SignatureChecks;
  /**
   * v0.3 has room for one certificate. v0.2 carries the chain above it as well, as far as each certificate signed the
   * one before.
   */
  version?: '0.2' | '0.3';
}

/** A bundle in protobuf JSON. */
export interface SigstoreBundle {
  mediaType: string;
  verificationMaterial: Record<string, unknown>;
  messageSignature?: unknown;
  dsseEnvelope?: unknown;
}

const MEDIA_TYPES = {
  '0.2': 'application/vnd.dev.sigstore.bundle+json;version=0.2',
  '0.3': 'application/vnd.dev.sigstore.bundle.v0.3+json',
} as const;

/**
 * Carries this log's entry alone. What other logs promised is kept to judge the certificate by, and is not handed out:
 * sigstore-js wants every entry of a bundle to verify, so one more log would be one more that it must know.
 *
 * A DSSE bundle where the payload is at hand, else a message signature over the digest in the leaf.
 * @throws LogError payload_absent for a leaf of an envelope without its payload, which no bundle can express; malformed_leaf
 */
export function formatBundle(parts: BundleParts): SigstoreBundle {
  const leaf = parseLeaf(parts.leaf);
  const timestamps = timestampsOf(leaf, parts.companions);
  return {
    mediaType: MEDIA_TYPES[parts.version ?? '0.3'],
    verificationMaterial: {
      ...keyMaterial(leaf, parts),
      tlogEntries: [logEntry(leaf, parts)],
      ...(timestamps.length > 0 && {
        timestampVerificationData: {
          rfc3161Timestamps: timestamps.map((der) => ({ signedTimestamp: toBase64(der) })),
        },
      }),
    },
    ...signedContent(leaf, parts),
  };
}

function signedContent(leaf: LeafContent, { payload, companions }: BundleParts): Partial<SigstoreBundle> {
  if (payload !== undefined && leafBindsPayload(leaf, payload)) {
    const keyids = keyidsOf(leaf, companions);
    const signatures = leaf.signatures.map(({ signature }, i) => ({
      sig: toBase64(signature),
      ...(keyids[i] ? { keyid: keyids[i] } : {}),
    }));
    return { dsseEnvelope: { payload: toBase64(payload.bytes), payloadType: payload.type, signatures } };
  }
  if (leaf.kind !== 'hashedrekord') {
    throw new LogError('payload_absent', 'the payload of this envelope is not at hand, so no bundle can be made');
  }
  return {
    messageSignature: {
      messageDigest: { algorithm: leaf.algorithm, digest: toBase64(leaf.digest) },
      signature: toBase64(leaf.signatures[0].signature),
    },
  };
}

/** In the leaf's order; an intoto leaf holds its own. */
function keyidsOf(leaf: LeafContent, companions: readonly Companion[]): readonly string[] {
  if (leaf.kind === 'intoto') return leaf.signatures.map(({ keyid }) => keyid);
  return companions.find((one) => one.keyids.length === leaf.signatures.length)?.keyids ?? [];
}

/** The key of the first signature: a bundle has room for one. The others are in the leaf, which is in the bundle. */
function keyMaterial(leaf: LeafContent, { companions, version, checks }: BundleParts): Record<string, unknown> {
  const { certificate, key } = leaf.signatures[0]!.verifier;
  if (certificate === undefined) {
    const hint = companions.find(({ keyHint }) => keyHint)?.keyHint ?? toBase64(key.spkiHash);
    return { publicKey: { hint } };
  }
  const own = { rawBytes: toBase64(certificate.der) };
  if (version !== '0.2') return { certificate: own };
  const chain = chainAbove(certificate, companions, checks).map((der) => ({ rawBytes: toBase64(der) }));
  return { x509CertificateChain: { certificates: [own, ...chain] } };
}

/** The longest of the chains that came along, each cut off before the first certificate that did not sign the last. */
function chainAbove(own: Certificate, companions: readonly Companion[], checks: SignatureChecks): Uint8Array[] {
  let longest: Uint8Array[] = [];
  for (const { chain } of companions) {
    const linked: Uint8Array[] = [];
    let below = own;
    for (const der of chain) {
      const above = parseCertificate(der);
      if (!signedBy(below, above, checks)) break;
      linked.push(der);
      below = above;
    }
    if (linked.length > longest.length) longest = linked;
  }
  return longest;
}

/**
 * Timestamps of a signature of this leaf; of those that say the same, the first. Where the log has made one, its own
 * alone: anyone can add others with a right imprint, and sigstore-js refuses a bundle for one that it cannot check.
 */
function timestampsOf(leaf: LeafContent, companions: readonly Companion[]): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  const own = companions.filter((one) => one.own);
  for (const der of (own.length > 0 ? own : companions).flatMap(({ timestamps }) => timestamps)) {
    if (!leaf.signatures.some(({ signature }) => isTimestampOf(der, signature))) continue;
    const claim = timestampClaim(der) ?? toHex(der);
    if (!found.has(claim)) found.set(claim, der);
  }
  return [...found.values()];
}

function logEntry(leaf: LeafContent, parts: BundleParts): Record<string, unknown> {
  return {
    logIndex: String(parts.index),
    logId: { keyId: toBase64(parts.logId) },
    kindVersion: { kind: leaf.kind, version: leaf.version },
    // No `integratedTime`: protobuf JSON leaves zeros out, and sigstore-browser takes a "0" for a time in 1970.
    inclusionProof: {
      logIndex: String(parts.index),
      rootHash: toBase64(parts.rootHash),
      treeSize: String(parts.treeSize),
      hashes: parts.hashes.map(toBase64),
      checkpoint: { envelope: parts.checkpoint },
    },
    canonicalizedBody: toBase64(parts.leaf),
  };
}
