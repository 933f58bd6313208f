/** A gate without a network: it decides from an evidence bundle. */

import { EVIDENCE_BUNDLE_LIMIT } from '../client/evidence-bundle.ts';
import {
  assertExporter,
  assertUnexpired,
  type VerifiedEvidence,
  verifyEvidenceBundle,
} from '../client/verify-evidence-bundle.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { parsePublicKeyPem } from '../entry/keys/public-key.ts';
import { namespacesOf } from '../evidence/gate/collect.ts';
import { decide } from '../evidence/gate/decide.ts';
import type { Decision, Phase } from '../evidence/policy/decision.ts';
import type { Policy } from '../evidence/policy/policy.ts';
import { nativeChecks } from '../log/native/native-signatures.ts';
import { BundledEvidence } from './bundled-evidence.ts';
import { readText, readWhole } from './files.ts';
import type { Io } from './io.ts';
import { type Output, remark } from './output.ts';
import { logKeyOf } from './remote.ts';
import { given } from './usage.ts';
import { readAuthorityFile, standingOf } from './verified-standing.ts';

export interface OfflineOptions {
  /** The file. */
  evidence: string;
  evidenceKey?: string;
  logKey?: string;
  timeKey?: string;
  origin?: string;
  authority?: string[];
  phase: Phase;
}

interface Artifact {
  name: string | undefined;
  digests: ReadonlyMap<string, string>;
}

/** @throws LogError evidence_expired in enforce mode; artifact_mismatch; as `readEvidence` */
export async function decideOffline(
  policy: Policy,
  artifact: Artifact,
  options: OfflineOptions,
  { io }: Output,
): Promise<Decision> {
  const evidence = await readEvidence(options, io);
  try {
    assertUnexpired(evidence, io.now());
  } catch (error) {
    if (!isLogError(error, 'evidence_expired') || policy.document.mode === 'enforce') throw error;
    remark(io, `countersign: ${error.message}; in mode ${policy.document.mode} it is judged all the same`);
  }
  const authorities = await Promise.all((options.authority ?? []).map(readAuthorityFile));
  const standing = standingOf(evidence.feed, authorities, { follows: namespacesOf(policy.document) });
  const about = { name: artifact.name, digests: digestsIn(evidence, artifact) };
  return decide(new BundledEvidence(evidence), standing, policy, {
    ...{ artifact: about, phase: options.phase, now: io.now() },
  });
}

/** @throws LogError usage, file_unreadable, limit_exceeded; signer_mismatch; as `verifyEvidenceBundle` */
async function readEvidence(options: OfflineOptions, io: Io): Promise<VerifiedEvidence> {
  const { logKey } = options;
  if (logKey === undefined) {
    throw new LogError('usage', 'without a network nobody can be asked for the key of the log: give it with --log-key');
  }
  const { evidenceKey } = options;
  const exporter = evidenceKey === undefined ? undefined : await readText(evidenceKey);
  const key = exporter === undefined ? undefined : given('the key of the exporter', () => parsePublicKeyPem(exporter));
  const log = logKeyOf({ ...options, logKey });
  const bytes = await readWhole(options.evidence, io, EVIDENCE_BUNDLE_LIMIT);
  const evidence = await verifyEvidenceBundle(bytes, { log, checks: nativeChecks });
  if (key !== undefined) assertExporter(evidence, key);
  return evidence;
}

/** Those digests of the artifact that the bundle was exported for. */
function digestsIn({ statedUnverified }: VerifiedEvidence, { digests }: Artifact): ReadonlyMap<string, string> {
  const stated = Object.entries(statedUnverified.artifact.digests);
  const shared = new Map(stated.filter(([algorithm, digest]) => digests.get(algorithm) === digest));
  if (shared.size > 0) return shared;
  throw new LogError('artifact_mismatch', 'the evidence bundle was exported for another artifact');
}
