import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, fromHex } from '../../../src/core/bytes.ts';
import { parsePublicKey, parsePublicKeyPem } from '../../../src/entry/keys/public-key.ts';
import { bits, int, nil, oid, sequence } from '../../fixtures/der-writer.ts';
import { type KeyName, testKey } from '../../fixtures/make.ts';
import { pem, withTrailingByte } from '../../fixtures/make-certificate.ts';
import { codeOf } from '../code-of.ts';

const TYPES: [KeyName, string][] = [
  ['p256', 'ecdsa-p256'],
  ['p384', 'ecdsa-p384'],
  ['p521', 'ecdsa-p521'],
  ['ed25519', 'ed25519'],
  ['rsa2048', 'rsa'],
  ['rsa3072', 'rsa'],
];

const spkiOf = (pair: { publicKey: { export(options: { type: 'spki'; format: 'der' }): Buffer } }) =>
  Uint8Array.from(pair.publicKey.export({ type: 'spki', format: 'der' }));

const ed25519Key = (point: Uint8Array) => sequence(sequence(oid('1.3.101.112')), bits(point));
const rsaKey = (modulus: Uint8Array, exponent: Uint8Array) =>
  sequence(sequence(oid('1.2.840.113549.1.1.1'), nil()), bits(sequence(int(modulus), int(exponent))));
const modulus = (bitLength: number) => {
  const bytes = new Uint8Array(bitLength / 8).fill(0x55);
  bytes[0] = 0xc3;
  return bytes;
};
const F4 = Uint8Array.of(1, 0, 1);

describe('public keys', () => {
  it.each(TYPES)('are read: %s', (kind, type) => {
    const key = testKey(kind);
    expect(parsePublicKey(key.spki)).toMatchObject({ type, spki: key.spki });
    expect(parsePublicKeyPem(key.pem)).toEqual(parsePublicKey(key.spki));
  });

  it.each(TYPES)('are refused with one bit changed before the key itself: %s', (kind) => {
    const { spki } = testKey(kind);
    const header = kind === 'ed25519' ? 12 : 24;
    for (let bit = 0; bit < 8 * header; bit++) {
      const changed = spki.slice();
      changed[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
      const code = codeOf(() => parsePublicKey(changed));
      expect(['malformed_key', 'unsupported_key', 'private_key_submitted']).toContain(code);
    }
  });

  it.each(TYPES)('have one encoding: %s', (kind) => {
    const { spki } = testKey(kind);
    expect(codeOf(() => parsePublicKey(withTrailingByte(spki)))).toBe('malformed_key');
    expect(codeOf(() => parsePublicKey(spki.subarray(0, -1)))).toBe('malformed_key');
    expect(codeOf(() => parsePublicKey(new Uint8Array(0)))).toBe('malformed_key');
  });

  it.each(['P-224', 'secp256k1', 'prime192v1', 'brainpoolP256r1'])('on other curves are refused: %s', (namedCurve) => {
    expect(codeOf(() => parsePublicKey(spkiOf(generateKeyPairSync('ec', { namedCurve }))))).toBe('unsupported_key');
  });

  it('with spelled-out curve parameters are refused', () => {
    const spki = spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }));
    expect(codeOf(() => parsePublicKey(spki))).toBe('unsupported_key');
  });

  it('off their curve, compressed or at infinity are refused', () => {
    const algorithm = sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7'));
    const point = testKey('p256').spki.slice(-65);
    const off = point.slice();
    off[64]! ^= 1;
    const compressed = concat(Uint8Array.of(2 + (point[64]! & 1)), point.subarray(1, 33));
    for (const wrong of [off, compressed, Uint8Array.of(0), new Uint8Array(65)]) {
      expect(codeOf(() => parsePublicKey(sequence(algorithm, bits(wrong))))).toBe('malformed_key');
    }
  });

  it.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  ])('of Ed25519 that are of small order or not canonical are refused: %s', (point) => {
    expect(codeOf(() => parsePublicKey(ed25519Key(fromHex(point))))).toBe('unsupported_key');
  });

  it.each([512, 1024, 2040, 2056, 8192])('of RSA with %d bits are refused', (length) => {
    expect(codeOf(() => parsePublicKey(rsaKey(modulus(length), F4)))).toBe('unsupported_key');
  });

  it.each([
    ['1', Uint8Array.of(1)],
    ['3', Uint8Array.of(3)],
    ['65536', Uint8Array.of(1, 0, 0)],
    ['65535', Uint8Array.of(0xff, 0xff)],
    ['2^32 + 1', Uint8Array.of(1, 0, 0, 0, 1)],
  ])('of RSA with exponent %s are refused', (_, exponent) => {
    expect(codeOf(() => parsePublicKey(rsaKey(modulus(2048), exponent)))).toBe('unsupported_key');
  });

  it('of other algorithms are refused', () => {
    expect(codeOf(() => parsePublicKey(spkiOf(generateKeyPairSync('x25519'))))).toBe('unsupported_key');
    expect(codeOf(() => parsePublicKey(spkiOf(generateKeyPairSync('ed448'))))).toBe('unsupported_key');
    expect(codeOf(() => parsePublicKey(spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }))))).toBe(
      'unsupported_key',
    );
  });

  it('longer than 4 KiB are refused', () => {
    expect(codeOf(() => parsePublicKey(new Uint8Array(4097)))).toBe('limit_exceeded');
  });

  it('are told from private ones', () => {
    const der = Uint8Array.from(testKey('p256').privateKey.export({ type: 'pkcs8', format: 'der' }));
    expect(codeOf(() => parsePublicKey(der))).toBe('private_key_submitted');
    expect(codeOf(() => parsePublicKeyPem(testKey('p256').privatePem))).toBe('private_key_submitted');
    expect(codeOf(() => parsePublicKeyPem(testKey('p256').pem + testKey('p256').privatePem))).toBe(
      'private_key_submitted',
    );
  });
});

describe('a PEM public key', () => {
  const { pem: good, spki } = testKey('p256');

  it.each([
    ['text before', `key:\n${good}`],
    ['text after', `${good}x`],
    ['two blocks', good + good],
    ['another label', pem('EC PUBLIC KEY', spki)],
    ['a certificate', pem('CERTIFICATE', spki)],
    ['no end', good.replace('-----END PUBLIC KEY-----', '')],
    ['unused bits set', good.replace(/==?\n-----END/, (end) => end).replace(/.(=+\n)/, (tail) => `/${tail.slice(1)}`)],
    ['foreign characters', good.replace('A', '!')],
    ['nothing', ''],
  ])('is refused with %s', (_, text) => {
    expect(codeOf(() => parsePublicKeyPem(text))).toBe('malformed_key');
  });

  it('may have Windows line ends or none within', () => {
    expect(parsePublicKeyPem(good.replaceAll('\n', '\r\n')).spki).toEqual(spki);
    expect(parsePublicKeyPem(pem('PUBLIC KEY', spki)).spki).toEqual(spki);
  });
});
