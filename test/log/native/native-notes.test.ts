import { expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/core/bytes.ts';
import { formatVerifierKey, parseNote, verifierOf } from '../../../src/core/note.ts';
import { nativeNoteVerifier } from '../../../src/log/native/native-notes.ts';
import { flipped } from '../large-log.ts';
import { identity, signer } from '../test-identity.ts';

const root = new Uint8Array(32).fill(3);
const { text, signatures } = parseNote(signer.sign(7, root, 1_700_000_000));
const codeOf = (make: () => unknown): string => {
  try {
    make();
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

it.each([
  ['checkpoint', identity.verifierKey, 0],
  ['time', identity.timeVerifierKey, 1],
])('agrees with the portable verifier of the %s key on every signature', (_, vkey, position) => {
  const [native, portable] = [nativeNoteVerifier(vkey), verifierOf(vkey)];
  const message = utf8(text);
  const { bytes } = signatures[position]!;
  expect([native.name, native.keyId]).toEqual([portable.name, portable.keyId]);
  const order = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex');
  const tried: [Uint8Array, Uint8Array][] = [
    [message, bytes],
    [message, bytes.subarray(1)],
    [message, concat(bytes, Uint8Array.of(0))],
    [message, new Uint8Array(0)],
    [message, new Uint8Array(bytes.length)],
    [message, concat(bytes.subarray(0, -32), order)],
    [utf8(`${text}\n`), bytes],
    [flipped(message, 5), bytes],
    [message, signatures[1 - position]!.bytes],
    ...Array.from({ length: 30 }, (_, i): [Uint8Array, Uint8Array] => [
      message,
      flipped(bytes, (i * 19) % (bytes.length * 8)),
    ]),
  ];
  const verdicts = tried.map(([about, signature]) => native.verify(about, signature));
  expect(verdicts).toEqual(tried.map(([about, signature]) => portable.verify(about, signature)));
  expect(verdicts.filter(Boolean)).toHaveLength(1);
});

it('refuses the keys that the portable verifier refuses, with the same code', () => {
  const small = new Uint8Array(32).fill(0, 0, 31);
  const unreduced = new Uint8Array(32).fill(0xff);
  for (const vkey of [
    formatVerifierKey('a.example', 0x01, small),
    formatVerifierKey('a.example', 0x04, small),
    formatVerifierKey('a.example', 0x01, unreduced),
    formatVerifierKey('a.example', 0x02, new Uint8Array(91).fill(7)),
    formatVerifierKey('a.example', 0x06, new Uint8Array(1312).fill(7)),
    `${identity.verifierKey}x`,
    'not a key',
  ]) {
    expect(codeOf(() => nativeNoteVerifier(vkey))).toBe(codeOf(() => verifierOf(vkey)));
    expect(codeOf(() => nativeNoteVerifier(vkey))).not.toBe('accepted');
  }
});
