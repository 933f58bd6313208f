/** The gate of `countersign admission`, over a real log that can be out of reach. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicaGate } from '../../src/cli/replica-gate.ts';
import { StandingReplica } from '../../src/cli/standing-replica.ts';
import { LogClient } from '../../src/client/log-client.ts';
import { type Policy, readPolicy } from '../../src/evidence/policy/policy.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { build, type EvidenceLog, evidenceLog } from '../evidence/evidence-log.ts';
import { gatePolicy } from '../evidence/gate/gate-policy.ts';
import { serve } from '../evidence/served.ts';
import { controlSubmission, selfRevocation } from '../fixtures/control.ts';
import { ARTIFACT, githubProvenance } from '../fixtures/predicates.ts';

let made: EvidenceLog;
let policy: Policy;
let isReachable: boolean;
let requests: string[];
/** Seconds by which the clock of whoever asks is ahead of the log's. */
let ahead: number;
let end: AbortController;
let following: Promise<unknown>;
beforeEach(async () => {
  made = await evidenceLog();
  policy = await readPolicy(gatePolicy());
  [isReachable, requests, ahead, end] = [true, [], 0, new AbortController()];
});
afterEach(async () => {
  end.abort();
  await following;
  await made.log.close();
});

async function start() {
  const { verifierKey, timeVerifierKey } = made.log.identity;
  const { fetch: served } = serve(made.log);
  const client = new LogClient({
    ...{ url: 'http://log.example.org', verifierKey, timeVerifierKey, checks: nativeChecks, retry: { attempts: 1 } },
    fetch: (url, init) => {
      requests.push(new URL(String(url)).pathname);
      return isReachable ? served(url, init) : Promise.reject(new TypeError('there is no network'));
    },
  });
  const replica = new StandingReplica(client, []);
  const now = () => made.log.head().time + ahead;
  const gate = new ReplicaGate({ client, replica, now, maxStaleness: 180, evidenceAge: 30 });
  const changed = changesOf(replica);
  following = replica.follow(end.signal).catch((error: unknown) => error);
  await changed();
  const decide = () => gate.decide(policy, { name: undefined, digests: new Map([['sha256', ARTIFACT]]) }, end.signal);
  return { gate, decide, changed };
}

/** Resolves at the next change after the last one that was waited for. */
function changesOf(replica: StandingReplica): () => Promise<void> {
  let missed = 0;
  let wake: (() => void) | undefined;
  replica.onChange(() => {
    missed++;
    wake?.();
  });
  return async () => {
    while (missed === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    missed = 0;
  };
}

const codesOf = (decision: { results: readonly { code: string | undefined }[] }) =>
  decision.results.flatMap(({ code }) => code ?? []);

describe('a replica gate', () => {
  it('asks the log about an artifact once', async () => {
    await made.state(githubProvenance, build());
    const { decide } = await start();
    expect((await decide()).decision).toBe('ALLOW');
    const before = requests.length;
    expect((await decide()).decision).toBe('ALLOW');
    expect(requests.length).toBe(before);
  });

  it('denies as soon as a revocation has arrived, also one that can ask nothing any more', async () => {
    const builder = build();
    await made.state(githubProvenance, builder);
    const { decide, changed } = await start();
    await decide();
    await changed(); // the first words of the stream
    await made.log.add(controlSubmission(selfRevocation(builder.key), builder.key));
    await changed();
    isReachable = false;
    const decision = await decide();
    expect([decision.decision, codesOf(decision), decision.log.feedSize]).toEqual([
      'DENY',
      expect.arrayContaining(['KEY_REVOKED']),
      1,
    ]);
  });

  it('looks again at what it denied, a second later', async () => {
    const { decide } = await start();
    expect((await decide()).decision).toBe('DENY');
    await made.state(githubProvenance, build());
    ahead = 1;
    expect((await decide()).decision).toBe('ALLOW');
  });

  it('goes on from what it knows while the log is out of reach, until that is too old', async () => {
    await made.state(githubProvenance, build());
    const { decide } = await start();
    await decide();
    isReachable = false;
    ahead = 29;
    expect((await decide()).decision).toBe('ALLOW');
    ahead = 31;
    await expect(decide()).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('decides nothing once the newest stamp is too old', async () => {
    const { gate, decide } = await start();
    expect(gate.trouble()).toBeUndefined();
    ahead = 181;
    await expect(decide()).rejects.toMatchObject({ code: 'gate_closed' });
    expect(gate.trouble()).toMatch(/181 s old/);
  });
});
