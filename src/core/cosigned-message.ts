/** What a cosignature/v1 signs, and the layout of its bytes (C2SP tlog-cosignature §Format, Ed25519). */
import { assertSize, concat, u64be, utf8 } from './bytes.ts';
import { verifyEd25519 } from './ed25519.ts';

const TIME_LENGTH = 8;
const SIGNATURE_LENGTH = 64;

/**
 * The bytes that a cosigner signs: that it saw this checkpoint at this time.
 * @param time POSIX seconds
 * @param checkpointText the note's text, its last newline included
 */
export function cosignedMessage(time: number, checkpointText: string | Uint8Array): Uint8Array {
  assertSize(time, 'time');
  const text = typeof checkpointText === 'string' ? utf8(checkpointText) : checkpointText;
  return concat(utf8(`cosignature/v1\ntime ${time}\n`), text);
}

/** The signature bytes of a note line: the time, 8 bytes big-endian, and the 64-byte Ed25519 signature. */
export function timestampedSignature(time: number, signature: Uint8Array): Uint8Array {
  if (signature.length !== SIGNATURE_LENGTH) throw new RangeError('an Ed25519 signature has 64 bytes');
  return concat(u64be(time), signature);
}

/** The time of such signature bytes in POSIX seconds; undefined where they are malformed or the time is above 2^53-1. */
export function cosignatureTime(signature: Uint8Array): number | undefined {
  if (signature.length !== TIME_LENGTH + SIGNATURE_LENGTH) return undefined;
  const view = new DataView(signature.buffer, signature.byteOffset, TIME_LENGTH);
  const time = view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
  return Number.isSafeInteger(time) ? time : undefined;
}

/** Verifies such signature bytes over the checkpoint's text. */
export function verifyTimestamped(publicKey: Uint8Array, text: Uint8Array, signature: Uint8Array): boolean {
  const time = cosignatureTime(signature);
  if (time === undefined) return false;
  return verifyEd25519(publicKey, cosignedMessage(time, text), signature.subarray(TIME_LENGTH));
}
