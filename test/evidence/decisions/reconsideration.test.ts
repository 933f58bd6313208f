import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReEmission } from '../../../src/evidence/decisions/re-emission.ts';
import type { GateParts } from '../../../src/http/gate-parts.ts';
import { controlSubmission, selfRevocation } from '../../fixtures/control.ts';
import { ISSUER, WORKFLOW } from '../evidence-log.ts';
import { gatePolicy } from '../gate/gate-policy.ts';
import { owner, Promotions } from './promotions.ts';

let promotions: Promotions;
beforeEach(async () => {
  promotions = await Promotions.begin();
});
afterEach(() => promotions.log.close());

const digest = (byte: number) => byte.toString(16).padStart(2, '0').repeat(32);
const bad = { uri: 'pkg:npm/bad@1.0.0', digest: { sha256: 'bd'.repeat(32) } };
const affected = async ({ decisions }: GateParts = promotions.parts()) => (await decisions.affected()).decisions;
/** Logs what is due, as a server does. */
async function reEmit(parts = promotions.parts()): Promise<void> {
  const emission = new ReEmission(promotions.log, parts.decisions, (error) => {
    throw error;
  });
  await emission.settled();
  await emission.end();
}

describe('earlier decisions', () => {
  it('are none while nothing was revoked', async () => {
    await promotions.build(digest(1));
    await promotions.decide(digest(1));
    expect(await affected()).toEqual([]);
  });

  it('differ where a dependency of the build was tainted since, and nowhere else', async () => {
    const expected: number[] = [];
    for (let i = 1; i <= 12; i++) {
      await promotions.build(digest(i), i % 3 === 0 ? [bad] : []);
      const { index, decision } = await promotions.decide(digest(i));
      expect(decision).toBe('ALLOW');
      if (i % 3 === 0) expected.unshift(index);
    }
    const taint = await promotions.taint(bad);
    const found = await affected();
    expect(found.map(({ index }) => index)).toEqual(expected);
    expect(found[0]).toMatchObject({ decision: 'ALLOW', now: 'DENY', affectedBy: [taint] });
    expect(found[0]!.supersededBy).toBeUndefined();
  });

  it('differ where the artifact itself is on hold, until it is cleared', async () => {
    await promotions.build(digest(1));
    const { index } = await promotions.decide(digest(1));
    const hold = await promotions.quarantine(digest(1));
    const parts = promotions.parts();
    expect(await affected(parts)).toMatchObject([{ index, now: 'DENY' }]);
    const target = { digests: { sha256: digest(1) }, package: undefined };
    await promotions.control({ event: 'artifact-clear', target, reverses: [hold], reason: 'was nothing' });
    expect(await affected(parts)).toEqual([]);
  });

  it('differ where a pipeline stood by the word of an owner whose key is revoked', async () => {
    const policy = gatePolicy('  dependencies: {tainted: 0}');
    await promotions.build(digest(1), [bad]);
    const taint = await promotions.taint(bad);
    await promotions.build(digest(2));
    const identity = { issuer: ISSUER, san: WORKFLOW };
    const more = { repositoryId: undefined, validFrom: undefined, reason: 'rotated' };
    await promotions.control({ event: 'identity-reinstate', identity, reverses: [taint], ...more });
    const { index, decision } = await promotions.decide(digest(2), policy);
    expect(decision).toBe('ALLOW');
    await promotions.log.add(controlSubmission(selfRevocation(owner), owner));
    expect(await affected()).toMatchObject([{ index, now: 'DENY', affectedBy: [taint] }]);
  });

  it('are not those that new evidence made another decision of', async () => {
    expect((await promotions.decide(digest(1))).decision).toBe('DENY');
    await promotions.build(digest(1));
    expect((await promotions.decide(digest(1))).decision).toBe('ALLOW');
    await promotions.quarantine(digest(2));
    expect(await affected()).toEqual([]);
  });

  it('are not those that fell short for another reason', async () => {
    await promotions.decide(digest(1));
    await promotions.quarantine(digest(1));
    expect(await affected()).toEqual([]);
  });
});

describe('a turned decision', () => {
  it('is logged once for each turn, and names the one in whose place it is', async () => {
    await promotions.build(digest(1));
    const { index } = await promotions.decide(digest(1));
    const hold = await promotions.quarantine(digest(1));
    const parts = promotions.parts();
    const before = promotions.log.head().size;
    await reEmit(parts);
    expect(promotions.log.head().size).toBe(before + 1);
    expect(await affected(parts)).toMatchObject([{ index, now: 'DENY', affectedBy: [hold], supersededBy: before }]);
    await reEmit(parts);
    expect(promotions.log.head().size).toBe(before + 1);
  });

  it('is not logged again after a restart, nor after what concerns something else', async () => {
    await promotions.build(digest(1));
    await promotions.decide(digest(1));
    await promotions.quarantine(digest(1));
    await reEmit();
    await promotions.quarantine(digest(2));
    const { size } = promotions.log.head();
    await reEmit();
    expect(promotions.log.head().size).toBe(size);
  });

  it('turns back where what was revoked is given back', async () => {
    await promotions.build(digest(1));
    await promotions.decide(digest(1));
    const hold = await promotions.quarantine(digest(1));
    await reEmit();
    const target = { digests: { sha256: digest(1) }, package: undefined };
    await promotions.control({ event: 'artifact-clear', target, reverses: [hold], reason: 'was nothing' });
    const size = promotions.log.head().size;
    await reEmit();
    expect(promotions.log.head().size).toBe(size + 1);
    expect(await affected()).toMatchObject([{ decision: 'DENY', now: 'ALLOW', supersededBy: size }]);
  });

  it('is logged while the log goes on, as soon as the control statement is published', async () => {
    await promotions.build(digest(1));
    const { index } = await promotions.decide(digest(1));
    const { decisions } = promotions.parts();
    const emission = new ReEmission(promotions.log, decisions, () => undefined);
    await promotions.quarantine(digest(1));
    await emission.settled();
    expect((await decisions.affected()).decisions).toMatchObject([{ index, supersededBy: expect.any(Number) }]);
    await emission.end();
  });
});
