/** Verifies an evidence bundle offline: everything that the log's keys can prove of it. */
import { equalBytes, fromBase64 } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { HASH_LENGTH, type Hash } from '../core/hash.ts';
import { verifyConsistency, verifyInclusion } from '../core/proof.ts';
import { type PublicKey, parsePublicKeyPem } from '../entry/keys/public-key.ts';
import type { SignatureChecks } from '../entry/keys/signature-checks.ts';
import { keyVerifier, verifySignedMessage } from '../entry/leaf/verifier.ts';
import { readGenesisStatement } from '../entry/submission/log-statement.ts';
import { verifyBundle } from '../entry/verification/verify-bundle.ts';
import { readHash, readNumber } from './answer.ts';
import { type VerifiedEntry, verifyEntry } from './entry.ts';
import {
  type BundledEntry,
  type EvidenceBundle,
  evidenceMessage,
  malformed,
  readEvidenceBundle,
} from './evidence-bundle.ts';
import { type LogKey, proofInvalid, type VerifiedCheckpoint } from './log-key.ts';
import { RevocationFeed } from './revocation-feed.ts';

export interface VerifiedEvidence {
  /** By index; each in the tree of the checkpoint. */
  entries: ReadonlyMap<number, { entry: VerifiedEntry; loggedAt: number | undefined }>;
  checkpoint: VerifiedCheckpoint;
  /** Complete as far as the log's newest statement in it says. */
  feed: RevocationFeed;
  /** Whoever signed for what is his own word; undefined where nobody did. */
  exporter: PublicKey | undefined;
  /**
   * The exporter's word, nobody's proof: expiry, artifact and policy that it was made for, and that the look-ups left
   * nothing out, which the log told him.
   */
  statedUnverified: Pick<EvidenceBundle, 'created' | 'expires' | 'artifact' | 'policy' | 'lookups'>;
}

export interface EvidenceKeys {
  log: LogKey;
  /** Of statements, of the feed and of the exporter. */
  checks: SignatureChecks;
}

/**
 * @param bytes of the file
 * @throws LogError malformed_evidence, also for any changed byte; checkpoint_unverified where it is another log's;
 *   proof_invalid, signature_invalid. Whether it has expired is not asked
 */
export async function verifyEvidenceBundle(bytes: Uint8Array, keys: EvidenceKeys): Promise<VerifiedEvidence> {
  const { bundle, signature } = readEvidenceBundle(bytes);
  const exporter = signature && parsePublicKeyPem(signature.publicKey);
  if (exporter !== undefined) {
    const made = bytesOf(signature!.signature);
    verifySignedMessage(keyVerifier(exporter), evidenceMessage(bundle), made, keys.checks);
  }
  const { log } = keys;
  const checkpoint = log.open(bundle.checkpoint);
  const entries: [number, { entry: VerifiedEntry; loggedAt: number | undefined }][] = [];
  for (const one of bundle.entries) {
    const entry = await verifyBundledEntry(one, checkpoint, keys);
    entries.push([entry.index, { entry, loggedAt: coveringTime(one, entry, checkpoint, log) }]);
  }
  const known = new Map(entries);
  const feed = await verifyFeed(bundle, known.get(0)?.entry, checkpoint, keys);
  const { created, expires, artifact, policy, lookups } = bundle;
  const statedUnverified = { created, expires, artifact, lookups, ...(policy !== undefined && { policy }) };
  return { entries: known, checkpoint, feed, exporter, statedUnverified };
}

async function verifyBundledEntry(
  { stated, proof, payload, bundle }: BundledEntry,
  checkpoint: VerifiedCheckpoint,
  { log, checks }: EvidenceKeys,
): Promise<VerifiedEntry> {
  const [index, leafHash, hashes] = [readNumber(stated, 'index'), readHash(stated, 'leafHash'), hashesOf(proof)];
  const { size, root } = checkpoint;
  verifyInclusion({ index, size, leafHash, root, proof: hashes });
  const inclusion = { index, treeSize: size, rootHash: root, hashes, leafHash, checkpoint, exact: true };
  const entry = await verifyEntry(stated, inclusion, async () => {
    if (payload === undefined) throw malformed('a payload is missing');
    return bytesOf(payload);
  });
  if (payload !== undefined && entry.payload === undefined) throw malformed('there is a payload that no entry holds');
  if (bundle !== undefined) {
    const { verifier: logVerifier, origin, timeVerifier } = log;
    const verified = verifyBundle(bundle, {
      ...{ logVerifier, origin, signer: 'any', checks },
      ...(timeVerifier && { timeVerifier }),
    });
    if (verified.index !== index) throw proofInvalid('a bundle is of another entry');
  }
  return entry;
}

/** POSIX seconds of the first checkpoint that covers what an entry counts from; undefined without a time key. */
function coveringTime(
  { covered }: BundledEntry,
  entry: VerifiedEntry,
  { size, root }: VerifiedCheckpoint,
  log: LogKey,
): number | undefined {
  const first = log.open(covered.checkpoint);
  if (first.size > size || first.size <= coveredIndex(entry, { size })) {
    throw proofInvalid('a checkpoint does not cover the entry that it is for');
  }
  const sizes = { first: first.size, second: size, firstRoot: first.root, secondRoot: root };
  verifyConsistency({ ...sizes, proof: hashesOf(covered.proof) });
  return first.time;
}

/** Index from which an entry counts in a tree of a size: a payload that came later does not count yet. */
export function coveredIndex(
  { index, countsFromUnverified }: Pick<VerifiedEntry, 'index' | 'countsFromUnverified'>,
  { size }: { size: number },
): number {
  const from = Math.max(index, countsFromUnverified ?? index);
  return from < size ? from : index;
}

async function verifyFeed(
  { revocations }: EvidenceBundle,
  genesis: VerifiedEntry | undefined,
  { size, root }: VerifiedCheckpoint,
  { checks }: EvidenceKeys,
): Promise<RevocationFeed> {
  if (genesis?.payload === undefined) throw malformed('the statement that began the log is missing');
  const { statementKey } = readGenesisStatement(genesis.payload.bytes);
  const feed = new RevocationFeed({ statementKey: parsePublicKeyPem(statementKey), checks });
  for (const page of revocations.pages) feed.append(page);
  const { statement, size: stated } = feed.state;
  if (feed.next !== stated) throw malformed('the revocations end within a batch');
  const proof = hashesOf(revocations.proof);
  if (statement !== undefined) verifyInclusion({ ...statement, size, root, proof });
  else if (proof.length > 0) throw malformed('there is a proof for no revocations');
  return feed;
}

/** Whether it is evidence no more. @param now POSIX seconds @throws LogError evidence_expired */
export function assertUnexpired({ statedUnverified: { expires } }: VerifiedEvidence, now: number): void {
  if (now < expires) return;
  const ended = new Date(expires * 1000).toISOString();
  throw new LogError('evidence_expired', `the evidence bundle expired at ${ended}; export it anew`);
}

/** Whether it is signed by this key. @throws LogError signer_mismatch */
export function assertExporter({ exporter }: VerifiedEvidence, key: PublicKey): void {
  if (exporter !== undefined && equalBytes(exporter.spki, key.spki)) return;
  throw new LogError('signer_mismatch', 'the evidence bundle is not signed by the key that was given');
}

function hashesOf(proof: readonly string[]): Hash[] {
  return proof.map((text) => {
    const hash = bytesOf(text);
    if (hash.length !== HASH_LENGTH) throw malformed('a hash of a proof has another length');
    return hash;
  });
}

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (error) {
    if (isLogError(error)) throw malformed('bytes are not base64', error);
    throw error;
  }
}
