import { expect, it } from 'vitest';
import { between, describeYardsticks } from '../../../bench/http/yardsticks.ts';

it('takes the mean of what the machine could do before and after', () => {
  const [before, after] = [
    { openssl: 20_000, digestVerifier: 10_000 },
    { openssl: 30_000, digestVerifier: 12_000 },
  ];
  expect(between(before, after)).toEqual({ openssl: 25_000, digestVerifier: 11_000 });
  expect(between({ ...before, openssl: undefined }, after)).toEqual({ openssl: undefined, digestVerifier: 11_000 });
});

it('says when the machine changed so much that its figures mean little', () => {
  const notes = (...rates: number[]) =>
    describeYardsticks(rates.map((openssl) => ({ openssl, digestVerifier: 1 }))).join(' ');
  expect(notes(20_000, 24_000)).not.toContain('busy');
  expect(notes(20_000, 22_000, 24_100)).toContain('busy');
  expect(notes(20_000, 22_000)).toContain('20,000 to 22,000');
});
