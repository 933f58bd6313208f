/** A log checked from outside, with the feed that it serves. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MirrorPage } from '../../src/http/mirror/mirror-page.ts';
import type { RevocationPage } from '../../src/http/revocations/revocation-page.ts';
import { FakeLog } from '../client/fake-log.ts';
import { controlSubmission, selfRevocation } from '../fixtures/control.ts';
import { testKey } from '../fixtures/make.ts';
import { type InlineApp, inlineApp } from '../http/inline-app.ts';
import { addMany } from '../mirror/story.ts';
import { countersign } from './harness.ts';

const key = testKey('p256');
let served: InlineApp;
beforeAll(async () => {
  served = await inlineApp();
  await served.log.add(controlSubmission(selfRevocation(key), key));
  await addMany(served.log, 70);
  await served.log.add(controlSubmission(selfRevocation(key), key));
});
afterAll(() => served.log.close());

/** The log, which changes what it answers below a path. */
async function check<Answer>(path = '/none', lie: (answer: Answer) => void = () => undefined) {
  const args = ['fsck', 'http://log.test', '--log-key', served.log.identity.verifierKey, '--format', 'jsonl'];
  const { exit, stdout, stderr } = await countersign(args, {
    fetch: async (url, init) => {
      const honest = await served.fetch(url, init);
      if (!String(url).includes(path)) return honest;
      const answer = await honest.json();
      lie(answer);
      return Response.json(answer);
    },
  });
  return { exit, stderr, report: stdout === '' ? undefined : JSON.parse(stdout) };
}

it('is sound, and says how many control statements are in effect', async () => {
  const { exit, report } = await check();
  expect([exit, report]).toMatchObject([0, { sound: true, entries: 75, controls: 2, problems: [] }]);
});

it('is not where its feed lacks what its entries have', async () => {
  const { exit, report } = await check<RevocationPage>('/v1/revocations', (page) => {
    Object.assign(page, { next: page.from, events: [], statements: [] });
  });
  expect([exit, report.problems]).toEqual([
    1,
    expect.arrayContaining([{ at: 'feed', message: 'has 0 rows, but the leaves give 2' }]),
  ]);
});

it('is not where a control statement was never put into effect', async () => {
  const { exit, report } = await check<MirrorPage>('/v1/mirror', (page) => {
    // The statement of the feed, whose payload it now denies to have.
    page.entries = page.entries.filter(({ index }) => index !== 2);
  });
  expect(exit).toBe(1);
  expect(report.problems).toContainEqual({
    at: 'entry 74',
    message: 'puts other control statements into effect than those of its batch',
  });
});

it('is not where a payload is another one', async () => {
  const { exit, stderr } = await check<MirrorPage>('/v1/mirror', ({ entries }) => {
    entries[1]!.payload!.bytes = 'AAAA';
  });
  expect([exit, stderr]).toEqual([1, expect.stringContaining('is not the one that was signed')]);
});

it('of another kind is checked by its leaves', async () => {
  const log = new FakeLog().grow(300);
  const { exit, stdout } = await countersign(['fsck', log.url, '--log-key', log.verifierKey], { log });
  expect([exit, stdout]).toEqual([0, expect.stringContaining('sound: size 300')]);
});
