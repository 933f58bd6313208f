/** One stored entry as evidence. Computed from its bytes and the log's time alone, so that anyone gets the same. */
import { toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { DIGEST_NAME } from '../../entry/keys/signature-scheme.ts';
import { type LeafContent, parseLeaf } from '../../entry/leaf/leaf.ts';
import { readStatement, type Statement } from '../../entry/leaf/statement.ts';
import { readClaim } from '../../entry/predicate/read-claim.ts';
import { type ChainMark, identityOf } from '../../entry/x509/certificate.ts';
import type { StoredEntry } from '../../log/log.ts';
import type { Credential, Evidence } from './evidence.ts';
import { mismatchesOf } from './mismatch.ts';
import { eventIdsOf } from './signing-event.ts';

/** An entry, as far as evidence needs it: of an erased payload it does not matter who erased it. */
export type EvidenceEntry = Omit<StoredEntry, 'payload'> & {
  payload: Exclude<StoredEntry['payload'], { status: 'erased' }> | { status: 'erased' };
};

/**
 * @param marks of the leaf's signatures, in its order; none: no CA is trusted
 * @param loggedAt POSIX seconds of the first checkpoint that covers what the evidence counts from
 * @throws LogError corrupt where the stored leaf is not one that this log writes
 */
export function evidenceOf(entry: EvidenceEntry, marks: readonly ChainMark[] | undefined, loggedAt: number): Evidence {
  const leaf = readStoredLeaf(entry.leaf);
  const payload = 'bytes' in entry.payload ? entry.payload : undefined;
  const statement = payload && statementOf(payload);
  const credentials = credentialsOf(leaf, payload, marks);
  const claim = statement && readClaim(statement);
  return {
    index: entry.index,
    leafHash: toHex(entry.leafHash),
    countsFrom: countsFrom(entry),
    loggedAt,
    credentials,
    payload: entry.payload.status,
    payloadSha256: payload && toHex(payload.sha256),
    predicateType: statement?.predicateType,
    subjects: statement?.subjects ?? signedSubject(leaf, entry.payload.status),
    claim,
    mismatches: mismatchesOf(credentials, claim),
  };
}

/** The index from which an entry counts as evidence. */
export function countsFrom({ index, payload }: EvidenceEntry): number {
  return 'bytes' in payload ? payload.countsFrom : index;
}

function credentialsOf(
  leaf: LeafContent,
  payload: { bytes: Uint8Array; type: string } | undefined,
  marks: readonly ChainMark[] | undefined,
): Credential[] {
  const eventIds = eventIdsOf(leaf, payload);
  return leaf.signatures.map(({ verifier: { key, certificate } }, i) => {
    const id = eventIds[i];
    const signed = { key: toHex(key.spkiHash), eventId: id === undefined ? '' : toHex(id) };
    if (certificate === undefined) {
      return {
        ...signed,
        kind: 'key',
        chain: 'unverified',
        names: [],
        issuer: undefined,
        facts: {},
        lifetime: undefined,
      };
    }
    const { names, issuer, facts, chain } = identityOf(certificate, marks?.[i]);
    return {
      ...signed,
      kind: 'certificate',
      chain,
      names,
      issuer,
      facts,
      lifetime: certificate.notAfter - certificate.notBefore,
    };
  });
}

/** What a bare signature is about: its digest. Where there is or was a payload, the digest is that of an envelope. */
function signedSubject(leaf: LeafContent, payload: Evidence['payload']): Evidence['subjects'] {
  if (leaf.kind !== 'hashedrekord' || payload !== 'absent') return [];
  return [{ name: undefined, digests: new Map([[DIGEST_NAME[leaf.algorithm], toHex(leaf.digest)]]) }];
}

function readStoredLeaf(bytes: Uint8Array): LeafContent {
  try {
    return parseLeaf(bytes);
  } catch (cause) {
    throw new LogError('corrupt', 'a stored leaf cannot be read back', { cause });
  }
}

function statementOf({ bytes, type }: { bytes: Uint8Array; type: string }): Statement | undefined {
  try {
    return readStatement(bytes, type);
  } catch {
    // Submissions are refused for this; whatever is stored all the same claims nothing.
    return undefined;
  }
}
