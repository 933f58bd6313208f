import { afterAll, beforeAll, expect, it } from 'vitest';
import { Promotions } from '../evidence/decisions/promotions.ts';
import { serve } from '../evidence/served.ts';

let promotions: Promotions;
/** Newest first. */
const decided: number[] = [];
beforeAll(async () => {
  promotions = await Promotions.begin();
  for (const byte of ['01', '02', '03']) {
    await promotions.build(byte.repeat(32));
    decided.unshift((await promotions.decide(byte.repeat(32))).index);
  }
  for (const byte of ['01', '02', '03']) await promotions.quarantine(byte.repeat(32));
});
afterAll(() => promotions.log.close());

interface Answer {
  treeSize: number;
  decisions: { index: number }[];
  next?: number;
}
const ask = async (query = '') =>
  (await (await serve(promotions.log).get(`/v1/decisions/affected${query}`)).json()) as Answer;

it('lists affected decisions newest first, with the tree that they were judged by', async () => {
  const { treeSize, decisions, next } = await ask();
  expect(decisions.map(({ index }) => index)).toEqual(decided);
  expect([treeSize, next]).toEqual([promotions.log.head().size, undefined]);
});

it('lists them page by page', async () => {
  const first = await ask('?limit=2');
  expect(first.decisions.map(({ index }) => index)).toEqual(decided.slice(0, 2));
  const second = await ask(`?limit=2&before=${first.next}`);
  expect([second.decisions.map(({ index }) => index), second.next]).toEqual([decided.slice(2), undefined]);
});
