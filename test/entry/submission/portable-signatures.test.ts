import { constants, createPublicKey, verify } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { type PublicKey, parsePublicKey } from '../../../src/entry/keys/public-key.ts';
import {
  DIGEST_NAME,
  digestOf,
  type SignatureScheme,
  schemeNamed,
  schemesOf,
} from '../../../src/entry/keys/signature-scheme.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { type KeyName, otherS, signMessage, testKey } from '../../fixtures/make.ts';

const message = utf8('what was built');

function native(key: PublicKey, scheme: SignatureScheme, signed: Uint8Array, signature: Uint8Array): boolean {
  const object = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
  if (scheme.algorithm === 'ed25519') return verify(null, signed, object, signature);
  const pss = { key: object, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
  return verify(DIGEST_NAME[scheme.hash], signed, scheme.algorithm === 'rsa-pss' ? pss : object, signature);
}

const CASES: [string, KeyName, boolean][] = [
  ['PKIX_ECDSA_P256_SHA_256', 'p256', false],
  ['PKIX_ECDSA_P384_SHA_384', 'p384', false],
  ['PKIX_ECDSA_P521_SHA_512', 'p521', false],
  ['PKIX_ED25519', 'ed25519', false],
  ['PKIX_RSA_PKCS1V15_2048_SHA256', 'rsa2048', false],
  ['PKIX_RSA_PSS_2048_SHA256', 'rsa2048', true],
  ['PKIX_RSA_PKCS1V15_3072_SHA256', 'rsa3072', false],
  ['PKIX_RSA_PSS_3072_SHA256', 'rsa3072', true],
];

describe.each(CASES)('%s', (keyDetails, kind, pss) => {
  const pair = testKey(kind);
  const key = parsePublicKey(pair.spki);
  const scheme = schemeNamed(key, keyDetails)!;
  const signature = signMessage(pair, message, { pss });

  it('verifies what node:crypto signed', () => {
    expect(portableChecks.verifyMessage(key, scheme, message, signature)).toBe(true);
    expect(portableChecks.verifyDigest(key, scheme, digestOf(scheme.hash, message), signature)).toBe(
      kind !== 'ed25519',
    );
  });

  it('agrees with node:crypto where a byte of the signature differs', () => {
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = signature.slice();
        changed[at]! ^= flip;
        expect(portableChecks.verifyMessage(key, scheme, message, changed)).toBe(native(key, scheme, message, changed));
      }),
      { numRuns: 25 },
    );
  });

  it('rejects other lengths, other messages and other keys', () => {
    const check = (signed: Uint8Array, bytes: Uint8Array, other = key) =>
      portableChecks.verifyMessage(other, scheme, signed, bytes);
    expect(check(message, concat(signature, Uint8Array.of(0)))).toBe(false);
    expect(check(message, concat(Uint8Array.of(0), signature))).toBe(false);
    expect(check(message, signature.subarray(0, -1))).toBe(false);
    expect(check(message, new Uint8Array(0))).toBe(false);
    expect(check(message, new Uint8Array(signature.length))).toBe(false);
    expect(check(utf8('something else'), signature)).toBe(false);
    expect(check(message, signature, parsePublicKey(testKey(kind, 'other').spki))).toBe(false);
  });

  it('rejects digests of other lengths', () => {
    for (const length of [0, 20, 31, 33, 65]) {
      expect(portableChecks.verifyDigest(key, scheme, new Uint8Array(length), signature)).toBe(false);
    }
  });
});

describe('ECDSA', () => {
  const pair = testKey('p256');
  const key = parsePublicKey(pair.spki);
  const [scheme] = schemesOf(key);
  const check = (signature: Uint8Array) => portableChecks.verifyMessage(key, scheme!, message, signature);

  it('accepts both s and n - s', () => {
    for (let i = 0; i < 5; i++) {
      const signature = signMessage(pair, message);
      expect(check(otherS(signature))).toBe(true);
    }
  });

  it.each([
    ['zeros', '3006020100020100'],
    ['a long length form', '308106020101020101'],
    ['a padded integer', '300702020001020101'],
    ['negative integers', '30060201ff0201ff'],
    ['an indefinite length', '30800201010201010000'],
    ['a third integer', '3009020101020101020101'],
  ])('rejects %s as node:crypto does', (_, hex) => {
    const signature = Uint8Array.from(Buffer.from(hex, 'hex'));
    expect(check(signature)).toBe(false);
    expect(native(key, scheme!, message, signature)).toBe(false);
  });

  it('rejects a valid signature in BER', () => {
    const signature = signMessage(pair, message);
    const longLength = concat(Uint8Array.of(0x30, 0x81), signature.subarray(1));
    expect(check(longLength)).toBe(false);
    const padded = Uint8Array.from([0x30, signature[1]! + 1, 0x02, signature[3]! + 1, 0, ...signature.subarray(4)]);
    expect(check(padded)).toBe(false);
  });
});

describe('RSA-PSS', () => {
  it.each([0, 20, 32, 222])('verifies a salt of %d bytes', async (saltLength) => {
    const { sign } = await import('node:crypto');
    const pair = testKey('rsa2048');
    const key = parsePublicKey(pair.spki);
    const options = { key: pair.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
    const signature = Uint8Array.from(sign('sha256', message, options));
    expect(portableChecks.verifyMessage(key, schemeNamed(key, 'PKIX_RSA_PSS_2048_SHA256')!, message, signature)).toBe(
      true,
    );
    expect(
      portableChecks.verifyMessage(key, schemeNamed(key, 'PKIX_RSA_PKCS1V15_2048_SHA256')!, message, signature),
    ).toBe(false);
  });
});

describe('Ed25519ph', () => {
  const seed = new Uint8Array(32).fill(7);
  const point = ed25519ph.getPublicKey(seed);
  const key: PublicKey = { spki: point, spkiHash: sha256(point), type: 'ed25519', point };
  const scheme = schemeNamed(key, 'PKIX_ED25519_PH')!;
  const signature = ed25519ph.sign(message, seed);

  it('verifies the vector of RFC 8032 §7.3', () => {
    const hex = (digits: string) => Uint8Array.from(Buffer.from(digits, 'hex'));
    const vectorKey = hex('ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf');
    const vector = hex(
      '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
    );
    const named: PublicKey = { spki: vectorKey, spkiHash: sha256(vectorKey), type: 'ed25519', point: vectorKey };
    expect(portableChecks.verifyMessage(named, scheme, utf8('abc'), vector)).toBe(true);
  });

  it('verifies a digest and rejects a pure signature', () => {
    expect(portableChecks.verifyDigest(key, scheme, digestOf('SHA2_512', message), signature)).toBe(true);
    expect(portableChecks.verifyMessage(key, scheme, message, signature)).toBe(true);
    expect(portableChecks.verifyMessage(key, schemeNamed(key, 'PKIX_ED25519')!, message, signature)).toBe(false);
    expect(portableChecks.verifyMessage(key, scheme, utf8('other'), signature)).toBe(false);
  });

  it('rejects every signature with one byte changed', () => {
    for (let at = 0; at < 64; at += 7) {
      const changed = signature.slice();
      changed[at]! ^= 1;
      expect(portableChecks.verifyMessage(key, scheme, message, changed)).toBe(false);
    }
  });
});
