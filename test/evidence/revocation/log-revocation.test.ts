import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes.ts';
import type { ControlEvent } from '../../../src/entry/control/control-statement.ts';
import { parseLeaf } from '../../../src/entry/leaf/leaf.ts';
import type { Credential } from '../../../src/evidence/facts/evidence.ts';
import { type CredentialsOf, LogRevocation } from '../../../src/evidence/revocation/log-revocation.ts';
import { readKeys } from '../../../src/log/keys.ts';
import { dataPaths } from '../../../src/threads/paths.ts';
import { controlSubmission } from '../../fixtures/control.ts';
import { envelope, hashOf, statement, type TestKey, testKey } from '../../fixtures/make.ts';
import { createInlineLog, type InlineLog } from '../../inline-log.ts';

const keyOf = ({ spki }: TestKey) => toHex(hashOf('sha256', spki));
const [alice, bob] = [testKey('p256', 'alice'), testKey('p384', 'bob')];
const target = { digests: { sha256: 'ab'.repeat(32) }, package: undefined };
const artifact = new Map([['sha256', 'ab'.repeat(32)]]);
const common = { namespace: 'acme', severity: undefined, advisories: undefined, reason: 'malware' } as const;

/** Bare keys are all that is used here. */
const credentialsOf: CredentialsOf = ({ leaf }) =>
  parseLeaf(leaf).signatures.map(
    ({ verifier }): Credential => ({
      ...{ key: toHex(verifier.key.spkiHash), eventId: '', kind: 'key', chain: 'unverified', names: [], facts: {} },
      ...{ issuer: undefined, lifetime: undefined },
    }),
  );

let log: InlineLog;
let operator: TestKey;
let revocation: LogRevocation;
beforeEach(async () => {
  log = await createInlineLog();
  const { statement: privateKey } = readKeys(dataPaths(`${log.folder}/data`).keys);
  operator = { ...testKey('p256'), privateKey, pem: log.identity.statementKey };
  const spki = Buffer.from(log.identity.statementKey.split('\n').slice(1, -2).join(''), 'base64');
  const roots = { operators: [{ key: toHex(hashOf('sha256', spki)) }] };
  revocation = new LogRevocation(log, roots, credentialsOf);
  await control(
    {
      ...{ event: 'authority-set', namespace: 'acme', issued: 1, covers: ['https://github.com/acme/*'] },
      ...{ owners: [{ key: keyOf(alice) }, { key: keyOf(bob) }], revokers: [], operators: [] },
      thresholds: { authority: 2, grant: 1, revoke: 1, reinstate: 2 },
    } as ControlEvent,
    operator,
  );
});
afterEach(() => log.close());

const control = (event: ControlEvent, ...keys: TestKey[]) => log.add(controlSubmission(event, ...keys));
const revoke = (issued: number, by = alice) =>
  control({ event: 'artifact-revoke', ...common, issued, target, replacement: undefined }, by);

describe('standing in a log', () => {
  it('is what the control statements of the log make it, from the operator’s first authority on', async () => {
    expect((await revocation.now()).ofArtifact(artifact)).toEqual([]);
    const { index } = await revoke(2);
    expect((await revocation.now()).ofArtifact(artifact)).toMatchObject([{ code: 'ARTIFACT_REVOKED', by: [index] }]);
    const event = {
      event: 'artifact-clear',
      namespace: 'acme',
      issued: 3,
      target,
      reverses: [index],
      reason: 'x',
    } as const;
    await control(event, alice);
    expect((await revocation.now()).ofArtifact(artifact)).toHaveLength(1);
    await control({ ...event, issued: 4 }, alice, bob);
    expect((await revocation.now()).ofArtifact(artifact)).toEqual([]);
  });

  it('names the feed that it rests on', async () => {
    await revoke(2);
    const { size, root } = log.reader.feedHead();
    expect(await revocation.now()).toMatchObject({ feedSize: size, feedRoot: toHex(root) });
  });

  it('does not change once it is handed out', async () => {
    const before = await revocation.now();
    await revoke(2);
    expect((await revocation.now()).ofArtifact(artifact)).toHaveLength(1);
    expect(before.ofArtifact(artifact)).toEqual([]);
  });

  it('is given at earlier sizes too', async () => {
    const { index } = await revoke(2);
    await revocation.now();
    expect((await revocation.at(index + 1)).ofArtifact(artifact)).toEqual([]);
    expect((await revocation.at(index + 2)).ofArtifact(artifact)).toHaveLength(1);
  });

  it('is the same for all who ask at once', async () => {
    const sizes = [log.head().size, log.head().size + 2];
    await revoke(2);
    const standings = await Promise.all([...sizes, ...sizes].map((size) => revocation.at(size)));
    expect(standings.map((standing) => standing.ofArtifact(artifact).length)).toEqual([0, 1, 0, 1]);
  });

  it('reads nothing anew while nothing is revoked', async () => {
    await revocation.now();
    let read = 0;
    const { controlEvents } = log.reader;
    log.reader.controlEvents = (...args) => {
      read++;
      return controlEvents.apply(log.reader, args);
    };
    await log.add({ envelope: envelope(statement(), [alice]), publicKey: alice.pem });
    await revocation.now();
    expect(read).toBe(0);
  });
});
