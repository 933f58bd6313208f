/** Witnesses whose keys a test holds. */
import { utf8 } from '../../src/core/bytes.ts';
import { cosigner } from '../../src/core/cosignature.ts';
import { ed25519PublicKey } from '../../src/core/ed25519.ts';
import { formatNote, formatVerifierKey, NOTE_COSIGNATURE_V1, parseNote } from '../../src/core/note.ts';

const seed = (n: number): Uint8Array => new Uint8Array(32).fill(0x40 + n);

function witnessKey(n: number): string {
  return formatVerifierKey(`w${n}.example`, NOTE_COSIGNATURE_V1, ed25519PublicKey(seed(n)));
}

/** The note with cosignatures of these witnesses added. */
export function cosignedBy(note: string, witnesses: readonly number[], time = 1_700_000_000): string {
  const { text, signatures } = parseNote(note);
  const added = witnesses.map((n) => {
    const signer = cosigner(`w${n}.example`, seed(n)).at(time);
    return { name: signer.name, keyId: signer.keyId, bytes: signer.sign(utf8(text)) };
  });
  return formatNote(text, [...signatures, ...added]);
}

/** A policy of `w1`, `w2` and `w3`, two of whom must have cosigned. */
export function twoOfThree(...first: string[]): string {
  const witnesses = [1, 2, 3].map((n) => `witness w${n} ${witnessKey(n)}`);
  return [...first, ...witnesses, 'group all-of-us 2 w1 w2 w3', 'quorum all-of-us', ''].join('\n');
}
