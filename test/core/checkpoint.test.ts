import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../src/core/bytes.ts';
import { type Checkpoint, formatCheckpoint, openCheckpoint, parseCheckpoint } from '../../src/core/checkpoint.ts';
import { ed25519PublicKey } from '../../src/core/ed25519.ts';
import { EMPTY_ROOT, leafHash } from '../../src/core/hash.ts';
import { ed25519NoteSigner, ed25519NoteVerifier, formatNote, parseNote, signNote } from '../../src/core/note.ts';
import { flipped, verdict } from './verdict.ts';

const ORIGIN = 'log.example';
const ROOT = leafHash(utf8('leaf'));
const seed = new Uint8Array(32).fill(8);
const signer = ed25519NoteSigner(ORIGIN, seed);
const verifier = ed25519NoteVerifier(ORIGIN, ed25519PublicKey(seed));
const checkpoint: Checkpoint = { origin: ORIGIN, size: 12, root: ROOT, extensions: [] };
const sign = (text: string) => signNote(text, [signer]);

describe('the text', () => {
  it.each<Checkpoint>([
    checkpoint,
    { ...checkpoint, size: Number.MAX_SAFE_INTEGER },
    { ...checkpoint, size: 0, root: EMPTY_ROOT },
    { ...checkpoint, extensions: ['one', 'two three'] },
    { ...checkpoint, origin: 'example.com/log with space' },
  ])('is read back: %o', (value) => {
    expect(parseCheckpoint(formatCheckpoint(value))).toEqual(value);
  });

  it('has the layout of the specification', () => {
    expect(formatCheckpoint({ ...checkpoint, size: 0, root: EMPTY_ROOT, extensions: ['x'] })).toBe(
      'log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nx\n',
    );
  });

  const root = toBase64(ROOT);
  it.each([
    ['nothing', ''],
    ['two lines', `o\n1\n`],
    ['no newline at the end', `o\n1\n${root}`],
    ['an empty origin', `\n1\n${root}\n`],
    ['an empty extension line', `o\n1\n${root}\n\n`],
    ['an empty line between extensions', `o\n1\n${root}\na\n\nb\n`],
    ['no size', `o\n\n${root}\n`],
    ['a size with a leading zero', `o\n01\n${root}\n`],
    ['a size with a sign', `o\n+1\n${root}\n`],
    ['a negative size', `o\n-1\n${root}\n`],
    ['a size with a space', `o\n1 \n${root}\n`],
    ['a size in another notation', `o\n1e3\n${root}\n`],
    ['a size of 2^53', `o\n9007199254740992\n${root}\n`],
    ['a size of 2^64', `o\n18446744073709551616\n${root}\n`],
    ['digits of another script', `o\n١\n${root}\n`],
    ['a root of 31 bytes', `o\n1\n${toBase64(ROOT.slice(1))}\n`],
    ['a root of 33 bytes', `o\n1\n${toBase64(Uint8Array.from([...ROOT, 0]))}\n`],
    ['a root in hexadecimal', `o\n1\n${'ab'.repeat(32)}\n`],
    ['a root without padding', `o\n1\n${root.slice(0, -1)}\n`],
    ['another root than the empty one at size 0', `o\n0\n${root}\n`],
  ])('is refused with %s', (_, text) => {
    expect(verdict(() => parseCheckpoint(text))).toBe('malformed_checkpoint');
    if (text.endsWith('\n')) expect(verdict(() => openCheckpoint(sign(text), verifier))).toBe('malformed_checkpoint');
  });

  it.each<[string, Partial<Checkpoint>]>([
    ['a newline in the origin', { origin: 'a\nb' }],
    ['a newline in the origin that makes another checkpoint', { origin: `a\n3\n${root}` }],
    ['a newline in an extension', { extensions: ['a\nb'] }],
    ['an empty extension', { extensions: [''] }],
    ['no origin', { origin: '' }],
    ['a size that is none', { size: 1.5 }],
    ['a size beyond 2^53', { size: 2 ** 53 }],
    ['a short root', { root: ROOT.slice(1) }],
  ])('is not written with %s', (_, change) => {
    expect(verdict(() => formatCheckpoint({ ...checkpoint, ...change }))).toBe('malformed_checkpoint');
  });
});

describe('opening', () => {
  const text = formatCheckpoint(checkpoint);
  const note = sign(text);

  it('gives what was signed, with every signature line', () => {
    const stranger = { name: 'witness.example', keyId: 1, bytes: Uint8Array.of(1, 2) };
    const cosigned = formatNote(text, [...parseNote(note).signatures, stranger]);
    expect(openCheckpoint(cosigned, verifier)).toEqual({
      ...checkpoint,
      text,
      signatures: parseNote(cosigned).signatures,
    });
    expect(openCheckpoint(utf8(note), verifier)).toMatchObject(checkpoint);
  });

  it('wants the origin to be the name of the key, or what is given', () => {
    const foreign = sign(formatCheckpoint({ ...checkpoint, origin: 'elsewhere.example' }));
    expect(verdict(() => openCheckpoint(foreign, verifier))).toBe('checkpoint_unverified');
    expect(verdict(() => openCheckpoint(foreign, verifier, 'elsewhere.example'))).toBe('accepted');
    expect(verdict(() => openCheckpoint(note, verifier, 'elsewhere.example'))).toBe('checkpoint_unverified');
  });

  it('rejects other keys', () => {
    const other = ed25519NoteVerifier(ORIGIN, ed25519PublicKey(new Uint8Array(32).fill(9)));
    expect(verdict(() => openCheckpoint(note, other))).toBe('checkpoint_unverified');
  });

  it('rejects the note with any single bit changed', () => {
    const bytes = utf8(note);
    const accepted: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const outcome = verdict(() => openCheckpoint(flipped(bytes, bit), verifier));
      if (outcome !== 'malformed_checkpoint' && outcome !== 'checkpoint_unverified') accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });

  it('calls a note that is none malformed', () => {
    expect(verdict(() => openCheckpoint('', verifier))).toBe('malformed_checkpoint');
    expect(verdict(() => openCheckpoint(text, verifier))).toBe('malformed_checkpoint');
  });
});
