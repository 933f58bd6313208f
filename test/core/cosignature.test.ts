import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { formatCheckpoint } from '../../src/core/checkpoint.ts';
import { cosignatureVerifier, cosignedMessage, cosigner, openCosignature } from '../../src/core/cosignature.ts';
import { ed25519PublicKey, signEd25519 } from '../../src/core/ed25519.ts';
import { leafHash } from '../../src/core/hash.ts';
import {
  ed25519NoteSigner,
  ed25519NoteVerifier,
  formatNote,
  openNote,
  parseNote,
  signNote,
} from '../../src/core/note.ts';
import { flipped, verdict } from './verdict.ts';

const seed = new Uint8Array(32).fill(4);
const key = ed25519PublicKey(seed);
const TEXT = formatCheckpoint({
  origin: 'log.example',
  size: 3,
  root: leafHash(utf8('x')),
  extensions: ['an extension'],
});
const TIME = 1_790_000_000;
const log = ed25519NoteSigner('log.example', seed);
const witness = cosigner('witness.example', seed);
const verifier = cosignatureVerifier('witness.example', key);
const NOTE = signNote(TEXT, [log, witness.at(TIME)]);

it('signs header, time and the whole text', () => {
  expect(Buffer.from(cosignedMessage(TIME, TEXT)).toString()).toBe(`cosignature/v1\ntime 1790000000\n${TEXT}`);
  const { bytes } = parseNote(NOTE).signatures[1]!;
  expect(bytes).toHaveLength(72);
  expect(toHex(bytes.slice(0, 8))).toBe('000000006ab13b80');
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  expect(verify(null, cosignedMessage(TIME, TEXT), publicKey, bytes.slice(8))).toBe(true);
});

it.each([0, 1, TIME, 2 ** 32, Number.MAX_SAFE_INTEGER])('states the time %d', (time) => {
  expect(openCosignature(signNote(TEXT, [witness.at(time)]), verifier)).toEqual({ time });
});

it('states the earliest time where the cosigner signed twice', () => {
  expect(
    openCosignature(signNote(TEXT, [witness.at(TIME), witness.at(TIME - 60), witness.at(TIME + 60)]), verifier),
  ).toEqual({
    time: TIME - 60,
  });
});

it('signs with a key that lies elsewhere as with a seed', () => {
  const remote = cosigner('witness.example', { publicKey: key, sign: (message) => signEd25519(seed, message) });
  expect(signNote(TEXT, [log, remote.at(TIME)])).toBe(NOTE);
  const broken = cosigner('witness.example', { publicKey: key, sign: () => new Uint8Array(63) });
  expect(() => broken.at(TIME).sign(utf8(TEXT))).toThrow(RangeError);
});

it('refuses times that are none and names that are none', () => {
  for (const time of [-1, 0.5, 2 ** 53]) expect(() => witness.at(time).sign(utf8(TEXT))).toThrow(RangeError);
  expect(verdict(() => cosigner('a b', seed))).toBe('malformed_key');
});

describe('is rejected', () => {
  it('with any single bit of time or signature changed', () => {
    const { text, signatures } = parseNote(NOTE);
    const accepted: number[] = [];
    for (let bit = 0; bit < 72 * 8; bit++) {
      const changed = { ...signatures[1]!, bytes: flipped(signatures[1]!.bytes, bit) };
      const outcome = verdict(() => openCosignature(formatNote(text, [signatures[0]!, changed]), verifier));
      if (outcome !== 'checkpoint_unverified') accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });

  it('over another text', () => {
    const changed = formatNote(TEXT.replace('\n3\n', '\n4\n'), parseNote(NOTE).signatures);
    expect(verdict(() => openCosignature(changed, verifier))).toBe('checkpoint_unverified');
  });

  it('in the place of a note signature, and the other way round', () => {
    const [note, cosignature] = parseNote(NOTE).signatures;
    const swapped = formatNote(TEXT, [
      { ...note!, bytes: cosignature!.bytes.slice(8) },
      { ...cosignature!, bytes: note!.bytes },
    ]);
    expect(verdict(() => openCosignature(swapped, verifier))).toBe('checkpoint_unverified');
    expect(verdict(() => openNote(swapped, [ed25519NoteVerifier('log.example', key)]))).toBe('signature_invalid');
  });

  it('by another key or name, or with a verifier of note signatures', () => {
    const others = [
      cosignatureVerifier('other.example', key),
      cosignatureVerifier('witness.example', ed25519PublicKey(key)),
    ];
    for (const other of others) expect(verdict(() => openCosignature(NOTE, other))).toBe('checkpoint_unverified');
    const plain = ed25519NoteVerifier('log.example', key);
    expect(verdict(() => openCosignature(NOTE, plain))).toBe('checkpoint_unverified');
  });
});
