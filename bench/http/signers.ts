/** Who signs what is submitted. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { issueCertificate } from './certificates.ts';

/** Signers with a key, as of a few build systems. */
const KEYS = 8;

export interface Signer {
  privateKey: KeyObject;
  /** What its signatures are verified with. */
  verifier: 'publicKey' | 'certificate';
  der: Buffer;
  pem: string;
}

const keys: Signer[] = [];

/** One of a few whose keys the log soon knows. */
export function keySigner(i: number): Signer {
  if (keys.length === 0) keys.push(...Array.from({ length: KEYS }, makeKeySigner));
  return keys[i % KEYS]!;
}

function makeKeySigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { privateKey, verifier: 'publicKey', der, pem: pemOf('PUBLIC KEY', der) };
}

/** A key and a certificate that are used once, as with a Fulcio. */
export function certifiedSigner(): Signer {
  const { privateKey, certificate: der } = issueCertificate();
  return { privateKey, verifier: 'certificate', der, pem: pemOf('CERTIFICATE', der) };
}

function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
