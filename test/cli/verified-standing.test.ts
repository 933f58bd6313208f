import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { standingOf } from '../../src/cli/verified-standing.ts';
import { LogClient } from '../../src/client/log-client.ts';
import { followRevocations, replicateRevocations } from '../../src/client/revocations.ts';
import { toHex } from '../../src/core/bytes.ts';
import { LogEvidence } from '../../src/evidence/facts/log-evidence.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { controlSubmission, selfRevocation } from '../fixtures/control.ts';
import { envelope, hashOf, statement, testKey } from '../fixtures/make.ts';
import { type InlineApp, inlineApp } from '../http/inline-app.ts';

const VERIFIERS = 20;
const key = testKey('p256');
let served: InlineApp;
beforeEach(async () => {
  served = await inlineApp({ streams: VERIFIERS, heartbeat: 20, stall: 60_000 });
  await served.log.add({ envelope: envelope(statement(), [key]), publicKey: key.pem });
});
afterEach(async () => {
  served.streams.end();
  await served.log.close();
});

function client(): LogClient {
  const { verifierKey } = served.log.identity;
  return new LogClient({ url: 'http://log.test', fetch: served.fetch, verifierKey, checks: nativeChecks });
}

/** What the key signed, control statements left out. */
async function signed() {
  const signer = { kind: 'signer', value: toHex(hashOf('sha256', key.spki)) } as const;
  const [first] = await new LogEvidence(served.log).now().find(signer, 10);
  return first!;
}

describe('what stands by a replica', () => {
  it('A6: twenty verifiers that follow the log refuse what a key signed, once it is revoked', async () => {
    const evidence = await signed();
    const followers = Array.from({ length: VERIFIERS }, () => followRevocations(client()));
    const before = await Promise.all(followers.map(async (one) => (await one.next()).value!));
    expect(before.map(({ feed }) => standingOf(feed, [], {}).ofEvidence(evidence))).toEqual(before.map(() => []));
    const refused = followers.map(async (one) => {
      for (;;) {
        const { feed, grown } = (await one.next()).value!;
        if (grown)
          return standingOf(feed, [], {})
            .ofEvidence(evidence)
            .map(({ code }) => code);
      }
    });
    await served.log.add(controlSubmission(selfRevocation(key), key));
    expect(await Promise.all(refused)).toEqual(followers.map(() => ['KEY_REVOKED']));
    await Promise.all(followers.map((one) => one.return(undefined)));
  });

  it('at an earlier tree size is what took effect below it', async () => {
    const evidence = await signed();
    const { size } = served.log.head();
    await served.log.add(controlSubmission(selfRevocation(key), key));
    const { feed } = await replicateRevocations(client());
    const [earlier, now] = [standingOf(feed, [], {}, size), standingOf(feed, [], {})];
    expect([earlier.feedSize, earlier.ofEvidence(evidence)]).toEqual([0, []]);
    expect([now.feedSize, now.ofEvidence(evidence).length]).toEqual([1, 1]);
    const stated = served.log.reader.feedHead(size);
    expect(earlier.feedRoot).toBe(toHex(stated.root));
  });
});
