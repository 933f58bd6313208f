/**
 * Evidence that a log misbehaved: two of its signed checkpoints that cannot both be true. The file is complete in
 * itself. Whoever has it convicts the log offline, with no trust in who reports it, and needs nothing but this folder.
 *
 * A consistency proof that merely fails convicts nobody, since anyone can hand in a wrong one. What convicts is a proof
 * that succeeds: it leads from another root at the smaller size to the root that the log signed for the larger one.
 */
import { equalBytes, fromHex, toHex } from './bytes.ts';
import { type OpenedCheckpoint, openCheckpoint } from './checkpoint.ts';
import { LogError } from './errors.ts';
import type { Hash } from './hash.ts';
import { verifierOf } from './note.ts';
import { verifyConsistency } from './proof.ts';

export const EVIDENCE_SCHEMA = 'countersign/evidence/v1';

/** The file: JSON with these members and no others. */
export interface MisbehaviourEvidence {
  schema: typeof EVIDENCE_SCHEMA;
  /** First line of both checkpoints. */
  origin: string;
  /** C2SP verifier key of the log. Whoever judges compares it with the one he knows the log by. */
  verifierKey: string;
  /** two-roots: for one size · inconsistent: the larger tree does not begin with the smaller one. */
  kind: 'two-roots' | 'inconsistent';
  /** The signed notes, that of the smaller size first. */
  notes: [string, string];
  /** Of `inconsistent`: the root that the larger tree has at the smaller size, hex. */
  provenRoot?: string;
  /** Of `inconsistent`: proof from `provenRoot` to the root of the larger tree (RFC 9162 §2.1.4), hex. */
  consistencyProof?: string[];
}

/** What evidence proves. */
export interface Conviction {
  origin: string;
  verifierKey: string;
  kind: MisbehaviourEvidence['kind'];
  /** What the log signed, the smaller size first. */
  signed: [{ size: number; root: Hash }, { size: number; root: Hash }];
  /** The root that the larger tree has at the smaller size; that of the second note where the sizes are equal. */
  otherRoot: Hash;
}

/** A tree as the log signed it. */
export interface SignedTree {
  origin: string;
  size: number;
  root: Hash;
  note: string;
}

/** The evidence of two checkpoints for one size. */
export function twoRoots(verifierKey: string, first: SignedTree, second: SignedTree): MisbehaviourEvidence {
  const { origin } = second;
  return { schema: EVIDENCE_SCHEMA, origin, verifierKey, kind: 'two-roots', notes: [first.note, second.note] };
}

/** The evidence of a tree that does not begin with an earlier one. @param proof from `provenRoot` to the larger root */
export function inconsistentTrees(
  verifierKey: string,
  smaller: SignedTree,
  larger: SignedTree,
  { provenRoot, proof }: { provenRoot: Hash; proof: readonly Hash[] },
): MisbehaviourEvidence {
  return {
    schema: EVIDENCE_SCHEMA,
    origin: larger.origin,
    verifierKey,
    kind: 'inconsistent',
    notes: [smaller.note, larger.note],
    provenRoot: toHex(provenRoot),
    consistencyProof: proof.map(toHex),
  };
}

/**
 * Reads a file of evidence; what it claims is for `convict` to check.
 * @throws LogError malformed_proof
 */
export function parseEvidence(text: string): MisbehaviourEvidence {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is not an object');
  const { schema, origin, verifierKey, kind, notes, provenRoot, consistencyProof, ...others } = value as Record<
    string,
    unknown
  >;
  if (schema !== EVIDENCE_SCHEMA) throw malformed(`its schema is not ${EVIDENCE_SCHEMA}`);
  if (Object.keys(others).length > 0) throw malformed('it has members that are not of this schema');
  if (typeof origin !== 'string' || typeof verifierKey !== 'string') {
    throw malformed('origin and verifierKey must be strings');
  }
  if (!isStrings(notes) || notes.length !== 2) throw malformed('notes must be two strings');
  const common = { schema: EVIDENCE_SCHEMA, origin, verifierKey, notes: notes as [string, string] } as const;
  if (kind === 'two-roots') {
    if (provenRoot !== undefined || consistencyProof !== undefined) {
      throw malformed('provenRoot and consistencyProof belong to the kind inconsistent');
    }
    return { ...common, kind };
  }
  if (kind !== 'inconsistent') throw malformed('its kind is neither two-roots nor inconsistent');
  if (typeof provenRoot !== 'string' || !isStrings(consistencyProof)) {
    throw malformed('provenRoot must be a string, consistencyProof a list of strings');
  }
  return { ...common, kind, provenRoot, consistencyProof };
}

/**
 * Checks that the evidence proves what it claims.
 * @param verifierKey the key that the log is known by; where it is not given, the conviction is of whoever holds the
 *   key that the evidence names
 * @throws LogError wrong_key where the evidence is about another key; malformed_key; malformed_checkpoint;
 *   checkpoint_unverified where the log did not sign both; proof_invalid where both can be true
 */
export function convict(evidence: MisbehaviourEvidence, verifierKey = evidence.verifierKey): Conviction {
  if (verifierKey !== evidence.verifierKey) {
    throw new LogError('wrong_key', 'the evidence is about another key than the one that was given');
  }
  const verifier = verifierOf(verifierKey);
  const [first, second] = evidence.notes.map((note) => openCheckpoint(note, verifier, evidence.origin)) as [
    OpenedCheckpoint,
    OpenedCheckpoint,
  ];
  return {
    origin: evidence.origin,
    verifierKey,
    kind: evidence.kind,
    signed: [
      { size: first.size, root: first.root },
      { size: second.size, root: second.root },
    ],
    otherRoot:
      evidence.kind === 'two-roots' ? otherRootOfSize(first, second) : provenOtherRoot(evidence, first, second),
  };
}

function otherRootOfSize(first: OpenedCheckpoint, second: OpenedCheckpoint): Hash {
  if (first.size !== second.size) throw innocent('the checkpoints are of different sizes');
  if (equalBytes(first.root, second.root)) throw innocent('the checkpoints have the same root');
  return second.root;
}

function provenOtherRoot(
  { provenRoot = '', consistencyProof = [] }: MisbehaviourEvidence,
  first: OpenedCheckpoint,
  second: OpenedCheckpoint,
): Hash {
  if (first.size >= second.size) throw innocent('the first checkpoint is not of the smaller size');
  const root = hash(provenRoot);
  verifyConsistency({
    first: first.size,
    second: second.size,
    firstRoot: root,
    secondRoot: second.root,
    proof: consistencyProof.map(hash),
  });
  if (equalBytes(root, first.root)) throw innocent('the larger tree begins with the smaller one, as it should');
  return root;
}

function hash(hex: string): Hash {
  try {
    return fromHex(hex, 'hash');
  } catch (cause) {
    throw malformed('a hash is not lower-case hexadecimal', cause);
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function innocent(message: string): LogError {
  return new LogError('proof_invalid', `the evidence convicts nobody: ${message}`);
}

function malformed(message: string, cause?: unknown): LogError {
  return new LogError('malformed_proof', `the evidence cannot be read: ${message}`, { cause });
}
