import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LookupKind } from '../../../src/entry/leaf/lookup.ts';
import { KEY_SPACE, lookupKey, lookupKeys } from '../../../src/log/index/lookup-key.ts';

const salt = Uint8Array.from({ length: 16 }, (_, i) => i);

function reference(kind: string, value: string): number {
  const hash = createHash('sha256').update(salt).update(kind).update(Uint8Array.of(0)).update(value, 'utf8').digest();
  return hash.readUIntBE(0, 6);
}

describe('lookupKey', () => {
  it('is the first six bytes of the salted hash', () => {
    const kind = fc.constantFrom<LookupKind>('leaf', 'payload', 'subject', 'identity');
    fc.assert(
      fc.property(kind, fc.string({ unit: 'grapheme', maxLength: 700 }), (kind, value) => {
        expect(lookupKey(salt, { kind, value })).toBe(reference(kind, value));
      }),
    );
  });

  it('stays below 2^48', () => {
    const keys = Array.from({ length: 200 }, (_, i) => lookupKey(salt, { kind: 'leaf', value: String(i) }));
    expect([Math.max(...keys) < KEY_SPACE, Math.max(...keys) > KEY_SPACE / 2]).toEqual([true, true]);
  });

  it('differs by salt and by kind', () => {
    const term = { kind: 'subject', value: 'a' } as const;
    const others = [lookupKey(new Uint8Array(16), term), lookupKey(salt, { ...term, kind: 'signer' })];
    expect(others).not.toContain(lookupKey(salt, term));
  });
});

describe('lookupKeys', () => {
  it('keeps the order of the terms', () => {
    const terms = [
      { kind: 'issuer', value: 'b' },
      { kind: 'leaf', value: 'a' },
    ] as const;
    expect(lookupKeys(salt, terms)).toEqual([reference('issuer', 'b'), reference('leaf', 'a')]);
  });
});
