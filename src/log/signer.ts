/** Signs checkpoints with the log's own keys, and checks each signature with the pinned public half before it leaves. */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { formatCheckpoint } from '../core/checkpoint.ts';
import { cosigner, type Ed25519Key } from '../core/cosignature.ts';
import { LogError } from '../core/errors.ts';
import type { Hash } from '../core/hash.ts';
import { parseVerifierKey, signNote } from '../core/note.ts';
import type { LogIdentity } from './identity.ts';
import type { LogKeys } from './keys.ts';
import { ed25519Spki } from './native/ed25519-spki.ts';

export interface CheckpointSigner {
  /**
   * A note over (origin, size, root): the log's signature, and a cosignature/v1 by the time key at `time`.
   * @param time POSIX seconds
   * @throws LogError corrupt where a signature does not verify under the pinned key (a fault of memory or processor)
   */
  sign(size: number, root: Hash, time: number): string;
}

export function checkpointSigner(identity: LogIdentity, keys: LogKeys): CheckpointSigner {
  const { origin } = identity;
  const logKey = checkedKey(identity.verifierKey, keys.checkpoint);
  const timeKey = cosigner(origin, checkedKey(identity.timeVerifierKey, keys.time));
  return {
    sign(size, root, time) {
      const text = formatCheckpoint({ origin, size, root, extensions: [] });
      return signNote(text, [{ name: origin, keyId: logKey.keyId, sign: logKey.sign }, timeKey.at(time)]);
    },
  };
}

/** The key as a signer whose every signature is checked before it is handed on. @throws LogError malformed_key */
export function checkedKey(verifierKey: string, privateKey: KeyObject): Ed25519Key & { keyId: number } {
  // The public half comes from the pinned verifier key: a mismatch must show here and not at a verifier's.
  const { keyId, publicKey } = parseVerifierKey(verifierKey);
  const pinned = createPublicKey({ key: ed25519Spki(publicKey), format: 'der', type: 'spki' });
  return {
    keyId,
    publicKey,
    sign(message: Uint8Array): Uint8Array {
      const signature = sign(null, message, privateKey);
      if (!verify(null, message, pinned, signature)) {
        throw new LogError('corrupt', 'a fresh signature does not verify under the pinned key');
      }
      return signature;
    },
  };
}
