import { expect, it } from 'vitest';
import { processorSeconds, readProcessorSeconds } from '../../../bench/http/processor-time.ts';

it('adds up what a process took in its own code and in the system, whatever its name', () => {
  const stat = '4711 (a) b) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 50 9 9 20 0 11 0 1234 1000000 500';
  expect(readProcessorSeconds(stat)).toBe(3);
});

it('does not know of a process that is not there', () => {
  expect(processorSeconds(2 ** 30)).toBeUndefined();
});
