/** Keys and identity of a log, made for a test. */
import { generateKeyPairSync } from 'node:crypto';
import { identityOf, type LogKeys } from '../../src/log/keys.ts';
import { type CheckpointSigner, checkpointSigner } from '../../src/log/signer.ts';

export function testKeys(): LogKeys {
  return {
    checkpoint: generateKeyPairSync('ed25519').privateKey,
    time: generateKeyPairSync('ed25519').privateKey,
    statement: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
  };
}

export const keys = testKeys();
export const identity = identityOf('log.example.org', keys);
export const signer = checkpointSigner(identity, keys);

/** A signer that counts, and signs nothing. */
export function signerSpy(): CheckpointSigner & { signed: number[] } {
  const signed: number[] = [];
  return {
    signed,
    sign(size, _root, time) {
      signed.push(size);
      return `size ${size} at ${time}`;
    },
  };
}
