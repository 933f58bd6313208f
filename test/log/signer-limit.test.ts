import { describe, expect, it } from 'vitest';
import { SignerLimit, type SubmittedEntry } from '../../src/log/signer-limit.ts';
import { entryOf, pooled } from './loggable-entries.ts';

const signer = (name: number) => new Uint8Array(32).fill(name);

function submitted(ticket: number, ...signers: number[]): SubmittedEntry {
  return { ...pooled([entryOf(`entry ${ticket}`)], ticket)[0]!, signers: signers.map(signer) };
}

function limitOf(burst: number) {
  let now = 0;
  const limit = new SignerLimit({ rate: { perSecond: 1, burst }, signers: 100 }, { monotonic: () => now });
  const admitted = (...entries: SubmittedEntry[]) => limit.admit(entries).admitted.map(({ ticket }) => ticket);
  return { limit, admitted, advance: (milliseconds: number) => (now += milliseconds) };
}

describe('SignerLimit', () => {
  it('lets each signer log its burst, and then what comes back', () => {
    const { admitted, advance } = limitOf(2);
    expect(admitted(submitted(1, 7), submitted(2, 7), submitted(3, 7), submitted(4, 8))).toEqual([1, 2, 4]);
    advance(1000);
    expect(admitted(submitted(5, 7), submitted(6, 7))).toEqual([5]);
  });

  it('answers the others, saying when they may come again', () => {
    const { limit } = limitOf(1);
    limit.admit([submitted(1, 7)]);
    expect(limit.admit([submitted(2, 7)]).refused).toEqual([
      {
        ticket: 2,
        item: 0,
        outcome: { error: expect.objectContaining({ code: 'rate_limited', retryAfter: 1 }) },
      },
    ]);
  });

  it('makes every signer of an entry pay, and none where one cannot', () => {
    const { admitted } = limitOf(1);
    expect(admitted(submitted(1, 7))).toEqual([1]);
    expect(admitted(submitted(2, 8, 7))).toEqual([]);
    expect(admitted(submitted(3, 8))).toEqual([3]);
    expect(admitted(submitted(4, 9, 10))).toEqual([4]);
    expect(admitted(submitted(5, 9), submitted(6, 10))).toEqual([]);
  });
});
