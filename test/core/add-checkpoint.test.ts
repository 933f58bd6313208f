import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddCheckpoint, parseAddCheckpoint } from '../../src/core/add-checkpoint.ts';
import { utf8 } from '../../src/core/bytes.ts';
import { FakeLog } from '../client/fake-log.ts';
import { verdict } from './verdict.ts';

const note = new FakeLog().grow(3).checkpoint();
const line = `${'A'.repeat(43)}=\n`;

describe('an add-checkpoint request', () => {
  it('is read as it was written', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.array(hash, { maxLength: 63 }), (old, proof) => {
        const request = { old, proof, note };
        expect(parseAddCheckpoint(utf8(formatAddCheckpoint(request)))).toEqual(request);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['no old size', `${note}`],
    ['a size with a leading zero', `old 01\n\n${note}`],
    ['a size beyond 2^53', `old 9007199254740993\n\n${note}`],
    ['two spaces', `old  1\n\n${note}`],
    ['no blank line', `old 1\n${line}`],
    ['a hash of 31 bytes', `old 1\n${'A'.repeat(42)}==\n\n${note}`],
    ['base64 that is not canonical', `old 1\n${'A'.repeat(42)}B=\n\n${note}`],
    ['64 lines of proof', `old 1\n${line.repeat(64)}\n${note}`],
    ['carriage returns', `old 1\r\n\r\n${note}`],
  ])('is refused with %s', (_, body) => {
    expect(verdict(() => parseAddCheckpoint(utf8(body)))).toBe('malformed_request');
  });

  it('is refused where it is not UTF-8', () => {
    expect(verdict(() => parseAddCheckpoint(Uint8Array.of(0x6f, 0xff)))).toBe('malformed_request');
  });
});
