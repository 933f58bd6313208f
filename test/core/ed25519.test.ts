import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import {
  ed25519PublicKey,
  isAcceptableEd25519Key,
  isAcceptableEd25519Signature,
  signEd25519,
  verifyEd25519,
} from '../../src/core/ed25519.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';
import { flipped } from './verdict.ts';

const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicKeyObject = (key: Uint8Array) =>
  createPublicKey({ key: Buffer.concat([SPKI, key]), format: 'der', type: 'spki' });
const privateKeyObject = (seed: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });

const seed = new Uint8Array(32).fill(3);
const key = ed25519PublicKey(seed);
const message = utf8('a message');
const signature = signEd25519(seed, message);

it('signs as node:crypto does, and each accepts the other', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 300 }), (seed, message) => {
      const signature = signEd25519(seed, message);
      expect(toHex(signature)).toBe(sign(null, message, privateKeyObject(seed)).toString('hex'));
      expect(verifyEd25519(ed25519PublicKey(seed), message, signature)).toBe(true);
      expect(verify(null, message, publicKeyObject(ed25519PublicKey(seed)), signature)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

it('rejects a signature, message or key with any single bit changed', () => {
  const accepted: string[] = [];
  for (let bit = 0; bit < 512; bit++)
    if (verifyEd25519(key, message, flipped(signature, bit))) accepted.push(`signature ${bit}`);
  for (let bit = 0; bit < 72; bit++)
    if (verifyEd25519(key, flipped(message, bit), signature)) accepted.push(`message ${bit}`);
  for (let bit = 0; bit < 256; bit++)
    if (verifyEd25519(flipped(key, bit), message, signature)) accepted.push(`key ${bit}`);
  expect(accepted).toEqual([]);
});

it('rejects s + L, which solves the same equation', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order;
  const moved = Uint8Array.from([...signature.slice(0, 32), ...fromHex(s.toString(16).padStart(64, '0')).reverse()]);
  expect(verifyEd25519(key, message, moved)).toBe(false);
});

it.each([0, 31, 33, 63, 65])('rejects keys and signatures of %d bytes', (length) => {
  expect(verifyEd25519(new Uint8Array(length).fill(3), message, signature)).toBe(false);
  expect(verifyEd25519(key, message, new Uint8Array(length).fill(3))).toBe(false);
  expect(isAcceptableEd25519Key(new Uint8Array(length).fill(3))).toBe(false);
  expect(isAcceptableEd25519Signature(new Uint8Array(length).fill(3))).toBe(false);
});

it('verifies nothing with a key that is no point of the curve', () => {
  const none = new Uint8Array(32).fill(0);
  none[0] = 2;
  expect(verifyEd25519(none, message, signature)).toBe(false);
});

describe('keys that are refused', () => {
  const p = 2n ** 255n - 19n;
  const encode = (y: bigint, sign: 0 | 1) =>
    fromHex((y + (BigInt(sign) << 255n)).toString(16).padStart(64, '0')).reverse();

  it('are the eight points of small order in all fourteen encodings', () => {
    const order8 = BigInt('0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7');
    const smallOrder = [0n, 1n, p - 1n, p, p + 1n, order8, p - order8].flatMap((y) => [encode(y, 0), encode(y, 1)]);
    expect(new Set(smallOrder.map(toHex)).size).toBe(14);
    for (const point of smallOrder) {
      expect(isAcceptableEd25519Key(point)).toBe(false);
      expect(isAcceptableEd25519Signature(Uint8Array.from([...point, ...signature.slice(32)]))).toBe(false);
    }
  });

  it('are all those with y of p or more, and none below', () => {
    for (let y = p; y < 2n ** 255n; y++) {
      expect(isAcceptableEd25519Key(encode(y, 0))).toBe(false);
      expect(isAcceptableEd25519Key(encode(y, 1))).toBe(false);
    }
    expect(isAcceptableEd25519Key(encode(p - 2n, 0))).toBe(true);
    expect(isAcceptableEd25519Key(key)).toBe(true);
  });
});

interface EdgeCase {
  number: number;
  key: string;
  sig: string;
  msg: string;
  flags: string[] | null;
}

const file = shared('vectors/ed25519/ed25519vectors.json');

describe.skipIf(file === undefined)(`edge cases of C2SP CCTV${file ? '' : `: ${SHARED_ABSENT}`}`, () => {
  const cases: EdgeCase[] = file ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const REFUSED = ['low_order_A', 'low_order_R', 'non_canonical_A', 'non_canonical_R', 'low_order_residue'];
  const verdictOf = (vector: EdgeCase) => verifyEd25519(fromHex(vector.key), utf8(vector.msg), fromHex(vector.sig));

  it('accepts exactly those that only have a component of low order', () => {
    const wrong = cases.filter(
      (vector) => verdictOf(vector) === (vector.flags ?? []).some((flag) => REFUSED.includes(flag)),
    );
    expect(wrong.map((vector) => vector.number)).toEqual([]);
    expect(cases.filter(verdictOf)).toHaveLength(43);
  });

  it('agrees with node:crypto where that is asked for acceptable points as well', () => {
    const wrong = cases.filter((vector) => {
      const [key, sig] = [fromHex(vector.key), fromHex(vector.sig)];
      const node = verify(null, utf8(vector.msg), publicKeyObject(key), sig);
      return verdictOf(vector) !== (node && isAcceptableEd25519Key(key) && isAcceptableEd25519Signature(sig));
    });
    expect(wrong.map((vector) => vector.number)).toEqual([]);
  });
});
