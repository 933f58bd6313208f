import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../../src/core/bytes.ts';
import {
  holdsPrivateKeyText,
  isPrivateKeyDer,
  refusePrivateKey,
  refusePrivateKeyWithin,
} from '../../../src/entry/keys/private-key.ts';
import { testKey } from '../../fixtures/make.ts';
import { certificate } from '../../fixtures/make-certificate.ts';
import { codeOf } from '../code-of.ts';

const ec = testKey('p256');
const rsa = testKey('rsa2048');
const encrypted = { cipher: 'aes-256-cbc', passphrase: 'x' } as const;

const DER: [string, Buffer][] = [
  ['PKCS#8, EC', ec.privateKey.export({ type: 'pkcs8', format: 'der' })],
  ['PKCS#8, RSA', rsa.privateKey.export({ type: 'pkcs8', format: 'der' })],
  ['PKCS#8, Ed25519', testKey('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' })],
  ['encrypted PKCS#8', ec.privateKey.export({ type: 'pkcs8', format: 'der', ...encrypted })],
  ['SEC 1', ec.privateKey.export({ type: 'sec1', format: 'der' })],
  ['PKCS#1', rsa.privateKey.export({ type: 'pkcs1', format: 'der' })],
  ['OpenSSH', Buffer.from('openssh-key-v1\0\0\0\0\u0004none\0\0\0\u0004none\0')],
];

const PEM: [string, string][] = [
  ['PKCS#8', ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ['encrypted PKCS#8', ec.privateKey.export({ type: 'pkcs8', format: 'pem', ...encrypted }).toString()],
  ['SEC 1', ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString()],
  ['PKCS#1', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
  ['encrypted PKCS#1', rsa.privateKey.export({ type: 'pkcs1', format: 'pem', ...encrypted }).toString()],
  ['OpenSSH', `-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n`],
  [
    'cosign',
    '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\neyJrZGYi\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n',
  ],
  ['PGP', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----\n'],
  ['SSH2', '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAA\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n'],
];

describe('private keys', () => {
  it.each(DER)('are recognised in DER: %s', (_, der) => {
    expect(isPrivateKeyDer(Uint8Array.from(der))).toBe(true);
    expect(codeOf(() => refusePrivateKeyWithin({ deep: [{ er: toBase64(Uint8Array.from(der)) }] }))).toBe(
      'private_key_submitted',
    );
  });

  it.each(PEM)('are recognised in a text: %s', (_, pem) => {
    expect(holdsPrivateKeyText(`before ${pem} after`)).toBe(true);
    expect(holdsPrivateKeyText(JSON.stringify({ file: pem }))).toBe(true);
    expect(holdsPrivateKeyText(JSON.stringify(JSON.stringify({ file: pem })))).toBe(true);
    expect(holdsPrivateKeyText(JSON.stringify({ secret: Buffer.from(pem).toString('base64') }))).toBe(
      !pem.startsWith('---- '),
    );
    expect(codeOf(() => refusePrivateKey(Uint8Array.from([0xff, ...utf8(pem)])))).toBe('private_key_submitted');
  });

  it.each([
    ['EC', ec.privateKey.export({ format: 'jwk' })],
    ['RSA', rsa.privateKey.export({ format: 'jwk' })],
    ['OKP', testKey('ed25519').privateKey.export({ format: 'jwk' })],
    ['oct', { kty: 'oct', k: 'c2VjcmV0' }],
  ])('are recognised as JWK: %s', (_, jwk) => {
    expect(codeOf(() => refusePrivateKeyWithin({ keys: [jwk] }))).toBe('private_key_submitted');
  });

  it('are not seen in what is public', () => {
    const publicThings = [
      testKey('rsa2048').pem,
      testKey('p256').pem,
      ec.publicKey.export({ format: 'jwk' }),
      testKey('ed25519').spki,
      certificate({ key: testKey('p256') }),
      toBase64(certificate({ key: testKey('p256') })),
      'a text about a PRIVATE KEY',
      Buffer.from(testKey('p256').pem).toString('base64'),
    ];
    expect(codeOf(() => refusePrivateKeyWithin(publicThings))).toBeUndefined();
  });

  it('are looked for in linear time', () => {
    const hostile = '-----BEGIN '.repeat(100_000) + 'LS0tLS1CRUdJTi'.repeat(100_000) + '"kty":"EC",'.repeat(100_000);
    const start = performance.now();
    expect(holdsPrivateKeyText(hostile)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
