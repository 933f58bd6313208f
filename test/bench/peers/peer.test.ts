import { createPrivateKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { goSignerKey, verifierKeyOf } from '../../../bench/peers/peer.ts';

// The example of golang.org/x/mod/sumdb/note.
const SIGNER = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const VERIFIER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

it('writes an Ed25519 key as programs in Go read it', () => {
  const seed = Buffer.from(SIGNER.split('+').slice(4).join('+'), 'base64').subarray(1);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  expect(goSignerKey('PeterNeumann', key)).toBe(SIGNER);
  expect(verifierKeyOf('PeterNeumann', key)).toBe(VERIFIER);
});
