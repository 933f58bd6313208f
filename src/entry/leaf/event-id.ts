/** The identity of a signing event: what is signed, and by which key. */
import { concat, utf8 } from '../../core/bytes.ts';
import { sha256 } from '../../core/hash.ts';

const CONTEXT = utf8('countersign event v1\n');

/**
 * SHA-256(context ‖ length of the digest, one byte ‖ digest ‖ SPKI DER), 32 bytes.
 *
 * A leaf is not an event's identity: (r, s) and (r, n-s) both verify, and one event can be logged as hashedrekord,
 * as dsse or as a v1 kind. All of them have this id, since the digest is always that of the key's own hash over the
 * signed bytes (an artifact, or an envelope's PAE); for pure Ed25519 that is SHA-512.
 */
export function eventId(signedDigest: Uint8Array, spki: Uint8Array): Uint8Array {
  return sha256(concat(CONTEXT, Uint8Array.of(signedDigest.length), signedDigest, spki));
}
