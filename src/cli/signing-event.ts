/** Makes a signing event: the digest of an artifact, and a signature over it. */
import { createHash, createPrivateKey, createPublicKey, createSign, type KeyObject } from 'node:crypto';
import { LogError } from '../core/errors.ts';
import { readChunks, readText } from './files.ts';
import type { Io } from './io.ts';

/** A private key of the user, and how it signs. It never leaves this process. */
export interface Signer {
  key: KeyObject;
  /** PEM of the public key. */
  publicKey: string;
  hash: 'sha256' | 'sha384' | 'sha512';
}

/** The body of a submission. */
export type SigningEvent = {
  artifact: Record<string, string>;
  signature: string;
} & ({ publicKey: string } | { certificate: string });

const CURVE_HASH: Record<string, Signer['hash']> = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' };

/**
 * Reads a private key in PEM form.
 * @throws LogError file_unreadable, malformed_key, unsupported_key
 */
export async function readSigner(path: string): Promise<Signer> {
  const { key, publicKey } = await readPrivateKey(path);
  return { key, publicKey, hash: hashFor(key) };
}

/** A private key in PEM form of any kind, and its public half. @throws LogError as `readSigner` */
export async function readPrivateKey(path: string): Promise<Pick<Signer, 'key' | 'publicKey'>> {
  const pem = await readText(path);
  if (pem.includes('ENCRYPTED'))
    throw new LogError('unsupported_key', 'the private key is encrypted; decrypt it first');
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The cause is left out: it could quote the key.
    throw new LogError('malformed_key', 'the file given with --sign is not a private key in PEM form');
  }
  return { key, publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString() };
}

/** Signs a file, or stdin for `-`, in one pass. */
export async function signArtifact(
  path: string,
  signer: Signer,
  certificate: string | undefined,
  io: Io,
): Promise<SigningEvent> {
  const digest = createHash(signer.hash);
  const signature = createSign(signer.hash);
  for await (const chunk of readChunks(path, io)) {
    digest.update(chunk);
    signature.update(chunk);
  }
  return {
    artifact: { [signer.hash]: digest.digest('hex') },
    signature: signature.sign(signer.key).toString('base64'),
    ...(certificate === undefined ? { publicKey: signer.publicKey } : { certificate }),
  };
}

/** What a signature of the key is over. @throws LogError unsupported_key */
function hashFor(key: KeyObject): Signer['hash'] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const hash = type === 'ec' ? CURVE_HASH[details?.namedCurve ?? ''] : type === 'rsa' ? 'sha256' : undefined;
  if (hash !== undefined) return hash;
  throw new LogError(
    'unsupported_key',
    type === 'ed25519'
      ? 'an Ed25519 signature cannot be logged for a file, since it cannot be checked from a digest; use an ECDSA key (countersign keygen), or sign a DSSE envelope'
      : 'signing takes an ECDSA key on P-256, P-384 or P-521, or an RSA key',
  );
}
