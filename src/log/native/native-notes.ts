/** Verifies note signatures with OpenSSL, for checks that go over every checkpoint of a log. */
import { createPublicKey, verify } from 'node:crypto';
import { cosignatureTime, cosignedMessage } from '../../core/cosigned-message.ts';
import { isAcceptableEd25519Key, isAcceptableEd25519Signature } from '../../core/ed25519.ts';
import { LogError } from '../../core/errors.ts';
import { NOTE_COSIGNATURE_V1, NOTE_ED25519, type NoteVerifier, parseVerifierKey } from '../../core/note.ts';
import { ed25519Spki } from './ed25519-spki.ts';

/** As `verifierOf` of core, with the same errors: keys of type Ed25519 (0x01) and cosignature/v1 (0x04). */
export function nativeNoteVerifier(verifierKey: string): NoteVerifier {
  const { name, keyId, algorithm, publicKey } = parseVerifierKey(verifierKey);
  if (algorithm !== NOTE_ED25519 && algorithm !== NOTE_COSIGNATURE_V1) {
    throw new LogError('unsupported_key', 'verifier keys are Ed25519 or cosignature/v1');
  }
  if (!isAcceptableEd25519Key(publicKey)) {
    throw new LogError('unsupported_key', 'the Ed25519 key is of small order or not canonical');
  }
  const key = createPublicKey({ key: ed25519Spki(publicKey), format: 'der', type: 'spki' });
  return {
    name,
    keyId,
    verify(message, signature) {
      if (algorithm !== NOTE_COSIGNATURE_V1) {
        return isAcceptableEd25519Signature(signature) && verify(null, message, key, signature);
      }
      const time = cosignatureTime(signature);
      const bare = signature.subarray(8);
      return (
        time !== undefined &&
        isAcceptableEd25519Signature(bare) &&
        verify(null, cosignedMessage(time, message), key, bare)
      );
    },
  };
}
