/** What a taint reaches, over HTTP, and as the client proves it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogClient } from '../../../src/client/log-client.ts';
import { type ReachedEntry, taintedEntries } from '../../../src/client/tainted.ts';
import { taintedAnswer } from '../../../src/http/revocations/routes-tainted.ts';
import { Promotions } from '../../evidence/decisions/promotions.ts';
import { ISSUER, WORKFLOW } from '../../evidence/evidence-log.ts';
import { serve } from '../../evidence/served.ts';

const bad = { uri: 'pkg:npm/bad@1.0.0', digest: { sha256: 'bd'.repeat(32) } };
const digest = (byte: number) => byte.toString(16).padStart(2, '0').repeat(32);
const target = { digests: undefined, package: 'pkg:npm/bad' };
const common = { scope: 'policy', advisories: undefined, reason: 'poisoned' };

let promotions: Promotions;
/** Of builds with the dependency, and of decisions about what they made; newest first. */
const builds: number[] = [];
const promoted: number[] = [];
/** Positions in the feed. */
let byDigest: number;
let byPackage: number;
let longAgo: number;
const next = () => promotions.log.reader.feedHead().size;
beforeAll(async () => {
  promotions = await Promotions.begin();
  for (let i = 1; i <= 8; i++) {
    const index = await promotions.build(digest(i), i % 2 === 0 ? [bad] : []);
    if (i % 2 === 0) builds.unshift(index);
    if (i > 4) continue;
    const decided = await promotions.decide(digest(i));
    if (i % 2 === 0) promoted.unshift(decided.index);
  }
  byDigest = next();
  await promotions.taint(bad);
  byPackage = next();
  await promotions.control({ event: 'dependency-taint', target, window: undefined, ...common });
  longAgo = next();
  await promotions.control({ event: 'dependency-taint', target, window: { from: 1, to: 2 }, ...common });
});
afterAll(() => promotions.log.close());

interface Answer {
  statements: { index: number; kind: string; subjects: { digest: { sha256: string } }[] }[];
  promotions: { index: number }[];
  identities: object[];
  next?: number;
}
const ask = (position: number, query = '') => serve(promotions.log).get(`/v1/revocations/${position}/affected${query}`);
const answer = async (position: number, query = '') => (await (await ask(position, query)).json()) as Answer;
const indexes = (entries: { index: number }[]) => entries.map(({ index }) => index);

describe('what a taint reaches', () => {
  it.each([
    ['by digest', () => byDigest],
    ['by package, in every version', () => byPackage],
  ])('are the builds that list the dependency, and what was let through of them, %s', async (_, position) => {
    const { statements, promotions: decisions } = await answer(position());
    expect([indexes(statements), indexes(decisions)]).toEqual([builds, promoted]);
    const whole = await (await ask(position())).json();
    expect(taintedAnswer.strict().parse(whole)).toEqual(whole);
    expect(statements[0]).toMatchObject({ kind: 'provenance', subjects: [{ digest: { sha256: digest(8) } }] });
  });

  // These builds say that they began in 2026.
  it('is nothing outside of its window', async () => {
    expect(await answer(longAgo)).toMatchObject({ statements: [], promotions: [] });
  });

  it('comes in pages, each with the decisions about its own builds', async () => {
    const first = await answer(byDigest, '?limit=3');
    expect([indexes(first.statements), indexes(first.promotions)]).toEqual([builds.slice(0, 3), promoted.slice(0, 1)]);
    const second = await answer(byDigest, `?limit=3&before=${first.next}`);
    expect([indexes(second.statements), indexes(second.promotions)]).toEqual([builds.slice(3), promoted.slice(1)]);
    expect(second.next).toBeUndefined();
  });

  it('names who ran it, until he is reinstated', async () => {
    const { identities } = await answer(byDigest);
    const pipeline = { issuer: ISSUER, names: [WORKFLOW] };
    expect(identities).toEqual([{ ...pipeline, status: 'suspended-pending' }]);
    const { index } = promotions.log.reader.controlEvents(byDigest, 1)[0]!.entry;
    await promotions.control({
      ...{ event: 'identity-reinstate', identity: { issuer: ISSUER, san: WORKFLOW }, reverses: [index] },
      ...{ repositoryId: undefined, validFrom: undefined, reason: 'rotated' },
    });
    expect((await answer(byDigest)).identities).toEqual([{ ...pipeline, status: 'reinstated' }]);
    expect((await answer(byPackage)).identities).toEqual([{ ...pipeline, status: 'suspended-pending' }]);
  });

  it('is asked of taints only', async () => {
    expect((await ask(0)).status).toBe(400);
    expect((await ask(99)).status).toBe(404);
  });

  it('is proved to the client', async () => {
    const { verifierKey } = promotions.log.identity;
    const client = new LogClient({
      url: 'http://log.example.org',
      verifierKey,
      fetch: serve(promotions.log).fetch,
    });
    const found: ReachedEntry[] = [];
    for await (const entry of taintedEntries(client, byDigest)) found.push(entry);
    expect(indexes(found.filter(({ kind }) => kind === 'provenance'))).toEqual(builds);
    expect(indexes(found.filter(({ kind }) => kind === 'promotion'))).toEqual(promoted);
  });
});
