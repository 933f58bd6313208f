/**
 * Identities that are suspended until their owner says otherwise: those of pipelines that ran a tainted dependency. Who
 * ran it may have lost whatever secret it held, so that nothing which is logged in its name afterwards is sure to be its
 * own.
 */
import type { DependencyTaint } from '../../entry/control/artifact-events.ts';
import type { Credential, Evidence } from '../facts/evidence.ts';
import type { InForce } from './in-force.ts';
import { isPrincipal } from './quorum.ts';
import type { InEffect } from './ruled.ts';

/** True where it was run, and not only listed: an inventory says what is in an artifact, whoever made it. */
export function hasRun({ claim }: Evidence): boolean {
  return claim?.kind === 'provenance' || claim?.kind === 'pin-set';
}

/**
 * Whether an entry of a pipeline that ran it was logged after the taint, by an identity that nobody reinstated. Within
 * one batch the taint wins. More entries in the log, and more control statements but reinstatements, never end it.
 * @param ran an entry whose dependency the taint reaches
 */
export function isPending(
  inForce: InForce,
  { record }: InEffect<DependencyTaint>,
  evidence: Evidence,
  ran: Evidence,
): boolean {
  if (evidence.index < record.batchStart) return false;
  return evidence.credentials.some(
    (credential) =>
      ran.credentials.some((other) => isSameSigner(credential, other)) &&
      !isReinstated(inForce, record.index, credential, evidence.index),
  );
}

/** By key, or by an identity that a trusted CA vouches for in both: else anyone could suspend anyone. */
function isSameSigner(one: Credential, other: Credential): boolean {
  if (one.key === other.key) return true;
  const areNamed = one.chain === 'trusted' && other.chain === 'trusted' && one.issuer === other.issuer;
  return areNamed && one.names.map(pipelineOf).some((name) => other.names.map(pipelineOf).includes(name));
}

/** A workflow has a name for each branch and tag that it runs for, and the same secrets in all of them. */
function pipelineOf(name: string): string {
  return name.replace(/@refs\/.*$/s, '');
}

function isReinstated(inForce: InForce, taint: number, credential: Credential, index: number): boolean {
  return inForce.reversals.get(taint).some((reversal) => {
    const { event } = reversal;
    if (event.event !== 'identity-reinstate' || !isPrincipal(event.identity, credential)) return false;
    const own = credential.facts.sourceRepositoryIdentifier;
    if (event.repositoryId !== undefined && event.repositoryId !== own) return false;
    return (event.validFrom === undefined || index >= event.validFrom) && inForce.holdsStill(reversal);
  });
}
