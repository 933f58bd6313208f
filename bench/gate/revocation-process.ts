/**
 * Verifiers that follow a log, and the revocations that they are to hear of: in one process, so that one clock tells.
 * Takes an order from its parent, says when all is ready, and sends the times.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ReplicaGate } from '../../src/cli/replica-gate.ts';
import { StandingReplica } from '../../src/cli/standing-replica.ts';
import { LogClient } from '../../src/client/log-client.ts';
import { writeControlStatement } from '../../src/entry/control/control-statement.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import { presetText } from '../../src/evidence/policy/document/read-policy.ts';
import { readPolicy } from '../../src/evidence/policy/policy.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { PAYLOAD_TYPE } from '../http/signed.ts';

export interface RevocationOrder {
  url: string;
  verifierKey: string;
  timeVerifierKey: string;
  verifiers: number;
  events: number;
  /** Milliseconds between two events. */
  pause: number;
}

/** Milliseconds, one for each event and verifier. */
export interface RevocationTimes {
  accepted: number[];
  sent: number[];
}

/** A signature over an artifact, by a key of its own. */
interface Signed {
  sha256: string;
  key: KeyObject;
  pem: string;
}

/** A verifier that has not heard by then never will. Milliseconds. */
const PATIENCE = 30_000;

process.once('disconnect', () => process.exit());
process.once('message', (order: RevocationOrder) => {
  run(order).catch((error: Error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  });
});

async function run({ url, verifiers, events, pause: between, ...keys }: RevocationOrder): Promise<void> {
  const policy = await readPolicy(presetText('signed'));
  const end = new AbortController();
  const signed = await Promise.all(Array.from({ length: events }, () => signOne(url)));
  const about = ({ sha256 }: Signed) => ({ name: undefined, digests: new Map([['sha256', sha256]]) });

  const following = Array.from({ length: verifiers }, () => {
    const client = new LogClient({ url, ...keys, checks: nativeChecks });
    const replica = new StandingReplica(client, []);
    const now = () => Math.floor(Date.now() / 1000);
    const gate = new ReplicaGate({ client, replica, now, maxStaleness: 300, evidenceAge: 3600 });
    replica.follow(end.signal).catch((error: unknown) => {
      if (!end.signal.aborted) throw error;
    });
    const decide = async (one: Signed) =>
      (await gate.decide(policy, about(one), AbortSignal.timeout(PATIENCE))).decision;
    return { replica, decide };
  });
  for (const { replica, decide } of following) {
    while (replica.checkpoint === undefined) await pause(10);
    for (const one of signed) if ((await decide(one)) !== 'ALLOW') throw new Error('a good signature was denied');
  }
  process.send!('ready');
  await new Promise((resolve) => process.once('message', resolve));

  const times: RevocationTimes = { accepted: [], sent: [] };
  for (const one of signed) {
    const denied = following.map(async ({ replica, decide }) => {
      const deadline = AbortSignal.timeout(PATIENCE);
      for (;;) {
        const changed = nextChange(replica, deadline);
        if ((await decide(one)) === 'DENY') return performance.now();
        await changed;
      }
    });
    const sent = performance.now();
    await submit(url, revocationOf(one));
    const accepted = performance.now();
    for (const at of await Promise.all(denied)) {
      times.sent.push(at - sent);
      // Some hear of it before whoever asked for it has his answer.
      times.accepted.push(Math.max(0, at - accepted));
    }
    await pause(between);
  }
  end.abort();
  process.send!(times);
}

function nextChange(replica: StandingReplica, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = replica.onChange(() => {
      stop();
      resolve();
    });
    deadline.addEventListener('abort', () => reject(new Error('a verifier did not hear of a revocation')));
  });
}

async function signOne(url: string): Promise<Signed> {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const content = randomBytes(32);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const signature = sign('sha256', content, key).toString('base64');
  await submit(url, { artifact: { sha256 }, signature, publicKey: pem });
  return { sha256, key, pem };
}

/** The key revokes itself. */
function revocationOf({ key, pem }: Signed): object {
  const spki = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const payload = writeControlStatement({
    ...{ event: 'key-revoke', namespace: undefined, issued: Math.floor(Date.now() / 1000), reason: 'compromise' },
    ...{ key: createHash('sha256').update(spki).digest('hex'), lastValidIndex: undefined, comment: undefined },
  });
  const sig = sign('sha256', pae(PAYLOAD_TYPE, payload), key).toString('base64');
  const envelope = {
    payloadType: PAYLOAD_TYPE,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ sig }],
  };
  return { envelope, publicKey: pem };
}

async function submit(url: string, submission: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/entries`, { method: 'POST', headers, body: JSON.stringify(submission) });
  if (answer.status !== 201) throw new Error(`a submission was answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}
