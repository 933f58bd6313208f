/** What revocation makes of evidence in a log that somebody else runs: from its feed, replicated and verified here. */
import type { RevocationEvent, RevocationFeed } from '../client/revocation-feed.ts';
import { toHex } from '../core/bytes.ts';
import { type Authority, readAuthority } from '../entry/control/authority-set.ts';
import { feedOf } from '../entry/control/feed-leaf.ts';
import { identityOf } from '../entry/x509/certificate.ts';
import type { Credential } from '../evidence/facts/evidence.ts';
import { readControl } from '../evidence/revocation/log-revocation.ts';
import { type Outcome, RevocationState } from '../evidence/revocation/revocation-state.ts';
import { StandingAt, type StandingOptions } from '../evidence/revocation/standing-at.ts';
import { readText } from './files.ts';
import { given } from './usage.ts';

export async function readAuthorityFile(path: string): Promise<Authority> {
  const text = await readText(path);
  return given(`the authority in ${path}`, () => readAuthority(JSON.parse(text)));
}

/** Before the first event. The operator speaks with the log's statement key. */
export function stateOf({ statementKey }: RevocationFeed, authorities: readonly Authority[]): RevocationState {
  return RevocationState.from({ operators: [{ key: toHex(statementKey.spkiHash) }], authorities });
}

/**
 * What a replica makes of evidence.
 * @param treeSize only what took effect below this size counts; without it, everything
 */
export function standingOf(
  feed: RevocationFeed,
  authorities: readonly Authority[],
  options: StandingOptions,
  treeSize = Number.POSITIVE_INFINITY,
): StandingAt {
  const state = stateOf(feed, authorities);
  const events = feed.events.filter(({ statement }) => statement < treeSize);
  for (const event of events) judge(state, event);
  const range = feedOf(events);
  return new StandingAt(state.inForce, { size: range.size, root: toHex(range.root()) }, options);
}

/** Applies the next event of the feed. */
export function judge(state: RevocationState, { index, leafHash, payloadSha256, ...event }: RevocationEvent): Outcome {
  return state.apply({
    ...{ index, leafHash: toHex(leafHash), payloadSha256: toHex(payloadSha256) },
    ...{ effectiveFrom: event.statement, batchStart: event.batchStart, credentials: credentialsOf(event) },
    event: readControl(event.payload.bytes),
  });
}

/** No CA is trusted here, so that names of certificates prove nothing. */
function credentialsOf({ content }: Pick<RevocationEvent, 'content'>): Credential[] {
  return content.signatures.map(({ verifier: { key, certificate } }) => ({
    ...{ key: toHex(key.spkiHash), eventId: '', lifetime: undefined },
    ...(certificate === undefined
      ? { kind: 'key', chain: 'unverified', names: [], issuer: undefined, facts: {} }
      : { kind: 'certificate', ...identityOf(certificate) }),
  })) as Credential[];
}
