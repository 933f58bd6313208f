/**
 * What a log's gate decided, as a verification summary (SLSA 1.2, "Verification Summary Attestation"), so that every
 * verifier of summaries can read it. A summary has no room for the tree that was looked at, for an end, or for the
 * policy's text: those are members under an own URI.
 */
import { LogError } from '../../core/errors.ts';
import { DECISION_MEMBER, SUMMARY_PREDICATE } from '../predicate/verification-summary.ts';
import {
  isIndex,
  isText,
  logStatement,
  malformed,
  membersOfItem,
  readHash,
  readLogPredicate,
} from './log-statement.ts';

/** An entry that the decision looked at. */
export interface DecisionInput {
  readonly index: number;
  /** Hex. */
  readonly leafHash: string;
  /** Hex SHA-256 of the payload; undefined for a bare signature. */
  readonly payloadSha256: string | undefined;
}

export interface LoggedDecision {
  readonly decision: 'ALLOW' | 'DENY' | 'INDETERMINATE';
  readonly mode: 'audit' | 'warn' | 'enforce';
  readonly permitted: boolean;
  readonly phase: 'source' | 'build-input' | 'release' | 'deploy';
  /** Digests by algorithm, at least one. */
  readonly artifact: { readonly name: string | undefined; readonly digests: Readonly<Record<string, string>> };
  /** With its text: whoever has the decision can reach it anew. */
  readonly policy: { readonly name: string; readonly sha256: string; readonly source: string };
  readonly log: {
    readonly origin: string;
    readonly treeSize: number;
    /** Hex. */
    readonly rootHash: string;
    /** POSIX seconds, log time of that tree: when the artifact was looked at. */
    readonly time: number;
    readonly feedSize: number;
    /** Hex. */
    readonly feedRoot: string;
  };
  /** POSIX seconds: from then on it says nothing about today. */
  readonly expires: number;
  /** All of them, ascending; undefined where there were more than were looked at. */
  readonly inputs: readonly DecisionInput[] | undefined;
  /** Of SLSA, one per track; what was not evaluated says so. */
  readonly levels: readonly string[];
  readonly outcomes: readonly { readonly rule: string; readonly outcome: string; readonly code: string | undefined }[];
  /** Indexes of control statements that decided against something. */
  readonly affectedBy: readonly number[];
  /** Index of the earlier decision that this one takes the place of, since what was revoked made the difference. */
  readonly supersedes: number | undefined;
}

/** Bytes of the statement; its subject is the artifact. */
export function decisionStatement(decided: LoggedDecision): Uint8Array {
  const { decision, mode, permitted, phase, artifact, policy, log, inputs, supersedes } = decided;
  const { origin } = log;
  return logStatement(
    SUMMARY_PREDICATE,
    [{ ...(artifact.name !== undefined && { name: artifact.name }), digest: { ...artifact.digests } }],
    {
      verifier: { id: gateId(origin) },
      timeVerified: moment(log.time),
      resourceUri: resourceUri(artifact),
      policy: { uri: `urn:countersign:policy:${policy.name}`, digest: { sha256: policy.sha256 } },
      ...(inputs !== undefined && { inputAttestations: inputs.map((input) => inputJson(input, origin)) }),
      verificationResult: decision === 'ALLOW' ? 'PASSED' : 'FAILED',
      verifiedLevels: decision === 'ALLOW' ? [...decided.levels] : ['FAILED'],
      slsaVersion: '1.2',
      [DECISION_MEMBER]: {
        ...{ decision, mode, permitted, phase },
        ...{ logOrigin: origin, evaluatedAtTreeSize: log.treeSize, checkpointRoot: log.rootHash },
        ...{ revocationFeedSize: log.feedSize, revocationFeedRoot: log.feedRoot },
        expires: moment(decided.expires),
        policy: { name: policy.name, document: policy.source },
        outcomes: decided.outcomes.map(({ rule, outcome, code }) => ({ rule, outcome, ...(code && { code }) })),
        decidedBy: [...decided.affectedBy],
        ...(supersedes !== undefined && { supersedes }),
      },
    },
  );
}

/** The verifier that a log's gate is in summaries. */
function gateId(origin: string): string {
  return `urn:countersign:gate:${origin}`;
}

/** What is read back of a decision: enough to ask again. */
export type ReadDecision = Omit<LoggedDecision, 'inputs' | 'levels'> & {
  readonly inputs: readonly Pick<DecisionInput, 'index'>[];
};

/** @throws LogError malformed_statement for any other payload */
export function readDecisionStatement(payload: Uint8Array, artifact: LoggedDecision['artifact']): ReadDecision {
  const predicate = readLogPredicate(payload, SUMMARY_PREDICATE);
  const own = membersOfItem(predicate[DECISION_MEMBER]);
  const policy = membersOfItem(own.policy);
  const { logOrigin, evaluatedAtTreeSize, revocationFeedSize, supersedes } = own;
  if (!isText(logOrigin) || !isIndex(evaluatedAtTreeSize) || !isIndex(revocationFeedSize)) {
    throw malformed('a decision does not say of which tree it is');
  }
  if (!isText(policy.name) || !isText(policy.document)) throw malformed('a decision lacks its policy');
  if (supersedes !== undefined && !isIndex(supersedes)) throw malformed('a decision supersedes what is no entry');
  const { sha256 } = membersOfItem(membersOfItem(predicate.policy).digest);
  for (const hash of [sha256, own.checkpointRoot, own.revocationFeedRoot]) readHash(hash);
  return {
    decision: oneOf(own.decision, ['ALLOW', 'DENY', 'INDETERMINATE']),
    mode: oneOf(own.mode, ['audit', 'warn', 'enforce']),
    permitted: own.permitted === true,
    phase: oneOf(own.phase, ['source', 'build-input', 'release', 'deploy']),
    artifact,
    policy: { name: policy.name, sha256: sha256 as string, source: policy.document },
    log: {
      ...{ origin: logOrigin, treeSize: evaluatedAtTreeSize, rootHash: own.checkpointRoot as string },
      time: seconds(predicate.timeVerified),
      ...{ feedSize: revocationFeedSize, feedRoot: own.revocationFeedRoot as string },
    },
    expires: seconds(own.expires),
    inputs: listOf(predicate.inputAttestations ?? []).map((input) => ({ index: indexOf(membersOfItem(input).uri) })),
    outcomes: listOf(own.outcomes).map((item) => {
      const { rule, outcome, code } = membersOfItem(item);
      if (!isText(rule) || !isText(outcome)) throw malformed('an outcome is not readable');
      return { rule, outcome, code: isText(code) ? code : undefined };
    }),
    affectedBy: listOf(own.decidedBy).filter(isIndex),
    supersedes,
  };
}

/** SLSA wants a URI; an artifact that goes by no URI is named by its digest. */
function resourceUri({ name, digests }: LoggedDecision['artifact']): string {
  if (name !== undefined && /^[a-z][a-z0-9+.-]*:\S+$/i.test(name)) return name;
  const [algorithm, digest] = Object.entries(digests)[0] ?? [];
  if (algorithm === undefined) throw new LogError('internal', 'a decision is about nothing');
  return `${algorithm}:${digest}`;
}

/** The entry, and both hashes by which it can be told: that of its payload is what other verifiers compare. */
function inputJson({ index, leafHash, payloadSha256 }: DecisionInput, origin: string) {
  const digest = { ...(payloadSha256 !== undefined && { sha256: payloadSha256 }), rfc6962Leaf: leafHash };
  return { uri: `urn:countersign:entry:${origin}:${index}`, digest };
}

function indexOf(uri: unknown): number {
  const index = Number(isText(uri) ? uri.slice(uri.lastIndexOf(':') + 1) : Number.NaN);
  if (!isIndex(index)) throw malformed('an input is not an entry');
  return index;
}

/** RFC 3339, in whole seconds. */
function moment(time: number): string {
  return new Date(time * 1000).toISOString().replace('.000Z', 'Z');
}

function seconds(value: unknown): number {
  const time = isText(value) ? Date.parse(value) / 1000 : Number.NaN;
  if (!Number.isSafeInteger(time)) throw malformed('a time is not readable');
  return time;
}

function oneOf<T extends string>(value: unknown, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw malformed(`a member is not one of ${known.join(', ')}`);
  return found;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed('a member is not a list');
  return value;
}
