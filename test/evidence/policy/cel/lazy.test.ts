import { expect, it, vi } from 'vitest';
import { readPolicy } from '../../../../src/evidence/policy/policy.ts';

vi.mock('@marcbachmann/cel-js', () => {
  throw new Error('loaded');
});

it('the library for assertions is loaded by a policy that has some, and by no other', async () => {
  expect((await readPolicy('policy: a\nversion: 1\nextends: regulated\n')).assertions).toEqual([]);
  const asserting = readPolicy('policy: a\nversion: 1\nassert: [{id: a, cel: "true", message: m}]\n');
  await expect(asserting).rejects.toThrow();
});
