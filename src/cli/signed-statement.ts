/** Signs a statement as a DSSE envelope, by one key after the other, perhaps on different machines. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { fromAnyBase64, toBase64 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { isObject } from '../entry/encoding/members.ts';
import { parsePublicKey } from '../entry/keys/public-key.ts';
import { hashOf } from '../entry/keys/signature-scheme.ts';
import { pae } from '../entry/leaf/dsse.ts';
import { STATEMENT_PAYLOAD_TYPE } from '../entry/submission/log-statement.ts';
import type { Signer } from './signing-event.ts';

/** What `POST /v1/entries` takes: each signature with the key that made it. */
export interface SignedStatement {
  envelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
  verifiers: { publicKey: string }[];
}

export function unsigned(payload: Uint8Array): SignedStatement {
  return {
    envelope: { payload: toBase64(payload), payloadType: STATEMENT_PAYLOAD_TYPE, signatures: [] },
    verifiers: [],
  };
}

/** The statement with one signature more. @throws LogError usage where the key has signed it already */
export function countersigned(
  { envelope, verifiers }: SignedStatement,
  { key, publicKey }: Pick<Signer, 'key' | 'publicKey'>,
): SignedStatement {
  if (verifiers.some((verifier) => verifier.publicKey === publicKey)) {
    throw new LogError('usage', 'one of the keys has signed this statement already');
  }
  const sig = signatureOver(pae(envelope.payloadType, payloadOf({ envelope })), key);
  const signatures = [...envelope.signatures, { sig }];
  return { envelope: { ...envelope, signatures }, verifiers: [...verifiers, { publicKey }] };
}

/** Base64, by the key's own scheme. @throws LogError unsupported_key */
export function signatureOver(message: Uint8Array, key: KeyObject): string {
  const parsed = parsePublicKey(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const hash = parsed.type === 'ed25519' ? null : HASHES[hashOf(parsed)];
  return toBase64(sign(hash ?? null, message, key));
}

const HASHES: Partial<Record<ReturnType<typeof hashOf>, string>> = {
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
};

export function payloadOf({ envelope }: Pick<SignedStatement, 'envelope'>): Uint8Array {
  return fromAnyBase64(envelope.payload);
}

/** Reads what `--output` wrote. @throws LogError file_unreadable */
export function readSignedStatement(text: string): SignedStatement {
  try {
    const value: unknown = JSON.parse(text);
    const read = value as SignedStatement;
    if (isObject(value) && Array.isArray(read.verifiers) && payloadOf(read).length > 0) return read;
  } catch {
    // Said below.
  }
  throw new LogError('file_unreadable', 'the file is not a statement that countersign revoke --output wrote');
}
