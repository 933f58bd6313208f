import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toBase64, utf8 } from '../../src/core/bytes.ts';
import { ed25519PublicKey } from '../../src/core/ed25519.ts';
import {
  ed25519NoteSigner,
  ed25519NoteVerifier,
  formatNote,
  formatVerifierKey,
  isKeyName,
  MAX_NOTE_LENGTH,
  NOTE_COSIGNATURE_V1,
  NOTE_ECDSA,
  NOTE_ED25519,
  NOTE_MLDSA_44,
  noteKeyId,
  openNote,
  parseNote,
  parseVerifierKey,
  signNote,
  verifierOf,
} from '../../src/core/note.ts';
import { flipped, verdict } from './verdict.ts';

const seed = new Uint8Array(32).fill(5);
const key = ed25519PublicKey(seed);
const signer = ed25519NoteSigner('log.example', seed);
const verifier = ed25519NoteVerifier('log.example', key);
const other = ed25519NoteSigner('other.example', new Uint8Array(32).fill(6));
const TEXT = 'first line\n\nthird line, after a blank one\n';
const NOTE = signNote(TEXT, [signer, other]);

describe('a signed note', () => {
  it('opens with the key, and hands the other line back unverified', () => {
    const { text, verified, unverified } = openNote(NOTE, [verifier]);
    expect(text).toBe(TEXT);
    expect(verified.map((signature) => signature.name)).toEqual(['log.example']);
    expect(unverified.map((signature) => signature.name)).toEqual(['other.example']);
  });

  it('is the same as bytes and as text', () => {
    expect(parseNote(utf8(NOTE))).toEqual(parseNote(NOTE));
  });

  it('comes back as it was written, whatever the text', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => ![...text].some((character) => character < ' '));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), (lines) => {
        const text = `${lines.join('\n')}\n`;
        const note = signNote(text, [signer]);
        expect(openNote(utf8(note), [verifier]).text).toBe(text);
      }),
      { numRuns: 40 },
    );
  });
});

describe('what a key signs', () => {
  const message = utf8(NOTE);
  const otherLine = utf8(NOTE.slice(0, NOTE.lastIndexOf('\u2014'))).length;

  it('is rejected with any single bit of text or signature changed', () => {
    const accepted: number[] = [];
    for (let bit = 0; bit < otherLine * 8; bit++) {
      const outcome = verdict(() => openNote(flipped(message, bit), [verifier]));
      if (outcome !== 'malformed_note' && outcome !== 'signature_invalid') accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });

  it('does not include the lines of other keys: changed, they are malformed or change nothing', () => {
    for (let bit = otherLine * 8; bit < message.length * 8; bit++) {
      const outcome = verdict(() => {
        const { text, verified } = openNote(flipped(message, bit), [verifier]);
        expect(text).toBe(TEXT);
        expect(verified).toHaveLength(1);
      });
      expect(['accepted', 'malformed_note']).toContain(outcome);
    }
  });

  it('opens without the lines of other keys, and with more of them', () => {
    const { text, signatures } = parseNote(NOTE);
    expect(openNote(formatNote(text, signatures.slice(0, 1)), [verifier]).unverified).toEqual([]);
    const stranger = { name: 'log.example', keyId: signer.keyId + 1, bytes: Uint8Array.of(1) };
    const more = formatNote(text, [stranger, ...signatures, { ...stranger, name: 'x' }]);
    expect(openNote(more, [verifier])).toMatchObject({ text: TEXT, verified: signatures.slice(0, 1) });
  });
});

describe('opening', () => {
  const { signatures } = parseNote(NOTE);

  it('needs a signature by one of the keys', () => {
    expect(verdict(() => openNote(NOTE, []))).toBe('signature_invalid');
    expect(
      verdict(() => openNote(NOTE, [ed25519NoteVerifier('log.example', ed25519PublicKey(new Uint8Array(32)))])),
    ).toBe('signature_invalid');
    expect(verdict(() => openNote(NOTE, [ed25519NoteVerifier('renamed.example', key)]))).toBe('signature_invalid');
  });

  it('rejects the whole note where one of two known keys has a bad signature', () => {
    const bad = { ...signatures[1]!, bytes: flipped(signatures[1]!.bytes, 3) };
    const both = [verifier, ed25519NoteVerifier('other.example', ed25519PublicKey(new Uint8Array(32).fill(6)))];
    expect(verdict(() => openNote(NOTE, both))).toBe('accepted');
    expect(verdict(() => openNote(formatNote(TEXT, [signatures[0]!, bad]), both))).toBe('signature_invalid');
  });

  it('rejects a second line of a known key that does not verify, and counts an exact repetition once', () => {
    const [good, stranger] = signatures;
    const bad = { ...good!, bytes: flipped(good!.bytes, 3) };
    expect(verdict(() => openNote(formatNote(TEXT, [good!, bad]), [verifier]))).toBe('signature_invalid');
    const opened = openNote(formatNote(TEXT, [good!, good!, stranger!, stranger!]), [verifier]);
    expect([opened.verified.length, opened.unverified.length]).toEqual([1, 1]);
  });

  it('refuses two keys of one name and id where the note has a line of theirs', () => {
    expect(verdict(() => openNote(NOTE, [verifier, verifier]))).toBe('malformed_key');
  });
});

describe('malformed notes', () => {
  const line = NOTE.slice(NOTE.indexOf('\u2014'), NOTE.indexOf('\n\u2014', NOTE.indexOf('\u2014') + 1) + 1);
  const base64 = line.split(' ')[2]!.trim();
  const MALFORMED: [string, string | Uint8Array][] = [
    ['nothing', ''],
    ['a text alone', TEXT],
    ['no signature line', `${TEXT}\n`],
    ['no newline at the end', `${TEXT}\n${line.trimEnd()}`],
    ['an empty line at the end', `${TEXT}\n${line}\n`],
    ['no blank line', `text\n${line}`],
    ['a line that is no signature', `${TEXT}\n${line}hello\n`],
    ['a hyphen instead of the dash', `${TEXT}\n${line.replace('\u2014', '-')}`],
    ['an en dash instead of the em dash', `${TEXT}\n${line.replace('\u2014', '\u2013')}`],
    ['two spaces', `${TEXT}\n${line.replace(' ', '  ')}`],
    ['a space at the end', `${TEXT}\n${line.replace('\n', ' \n')}`],
    ['no name', `${TEXT}\n\u2014  ${base64}\n`],
    ['a plus in the name', `${TEXT}\n\u2014 a+b ${base64}\n`],
    ['a no-break space in the name', `${TEXT}\n\u2014 a\u00a0b ${base64}\n`],
    ['a next-line character in the name', `${TEXT}\n\u2014 a\u0085b ${base64}\n`],
    ['base64 without padding', `${TEXT}\n\u2014 a ${base64.replace(/=+$/, '')}\n`],
    ['base64 with stray bits', `${TEXT}\n\u2014 a AAAAAAF=\n`],
    ['a key id without signature', `${TEXT}\n\u2014 a AAAAAA==\n`],
    ['a carriage return', `${TEXT}\r\n\n${line}`],
    ['a tab', `a\tb\n\n${line}`],
    ['a nul byte', `a\0b\n\n${line}`],
    ['a lone surrogate', `a\ud800b\n\n${line}`],
    ['bytes that are not UTF-8', concat(Uint8Array.of(0xff), utf8(NOTE))],
    ['an overlong encoding', concat(Uint8Array.of(0xc0, 0x8a), utf8(NOTE))],
  ];

  it.each(MALFORMED)('%s', (_, note) => {
    expect(verdict(() => parseNote(note))).toBe('malformed_note');
  });

  it('more than 100 signatures', () => {
    const strange = (count: number) => `${TEXT}\n${'\u2014 a AAAAAAE=\n'.repeat(count)}`;
    expect(verdict(() => parseNote(strange(100)))).toBe('accepted');
    expect(verdict(() => parseNote(strange(101)))).toBe('malformed_note');
  });

  it('more than 1 MiB', () => {
    const padding = 'x'.repeat(MAX_NOTE_LENGTH);
    expect(verdict(() => parseNote(`${padding}${NOTE}`))).toBe('limit_exceeded');
    expect(verdict(() => parseNote(`${padding.slice(utf8(NOTE).length)}${NOTE}`))).toBe('accepted');
  });

  it('reads a line as long as post-quantum signatures are', () => {
    const bytes = new Uint8Array(8 + 2420).fill(1);
    expect(parseNote(formatNote(TEXT, [{ name: 'pq', keyId: 2 ** 32 - 1, bytes }])).signatures[0]).toEqual({
      name: 'pq',
      keyId: 2 ** 32 - 1,
      bytes,
    });
  });
});

describe('formatNote refuses what could not be read back', () => {
  const signature = { name: 'a', keyId: 1, bytes: Uint8Array.of(1) };
  it.each<[string, () => string]>([
    ['a text without final newline', () => formatNote('abc', [signature])],
    ['an empty text', () => formatNote('', [signature])],
    ['a text with a control character', () => formatNote('a\tb\n', [signature])],
    ['no signature', () => formatNote('abc\n', [])],
    ['a name with a space', () => formatNote('abc\n', [{ ...signature, name: 'a b' }])],
    ['a name that smuggles in a line', () => formatNote('abc\n', [{ ...signature, name: 'a AAAAAAE=\n\u2014 b' }])],
    ['an empty signature', () => formatNote('abc\n', [{ ...signature, bytes: new Uint8Array(0) }])],
    ['a text that smuggles in signatures', () => formatNote('abc\n\n\u2014 a AAAAAAE=', [signature])],
  ])('%s', (_, format) => {
    expect(verdict(format)).toBe('malformed_note');
  });
});

describe('key names', () => {
  it.each(['a', 'log.example.com/2026', 'schlüssel', '\u2014'])('accepts %j', (name) =>
    expect(isKeyName(name)).toBe(true),
  );
  it.each(['', 'a b', 'a+b', 'a\nb', 'a\u2003b', 'a\u0000b', 'a\ud800'])('refuses %j', (name) => {
    expect(isKeyName(name)).toBe(false);
    expect(verdict(() => ed25519NoteVerifier(name, key))).toBe('malformed_key');
    expect(verdict(() => ed25519NoteSigner(name, seed))).toBe('malformed_key');
    expect(verdict(() => formatVerifierKey(name, 1, key))).toBe('malformed_key');
  });
});

describe('verifier keys', () => {
  const vkey = formatVerifierKey('log.example', NOTE_ED25519, key);
  const write = (name: string, hex: string, ...bytes: number[]) => `${name}+${hex}+${toBase64(Uint8Array.from(bytes))}`;
  const hexId = (name: string, algorithm: number, publicKey: Uint8Array) =>
    noteKeyId(name, algorithm, publicKey).toString(16).padStart(8, '0');

  it.each([NOTE_ED25519, NOTE_COSIGNATURE_V1])('of algorithm %d are read back and verify', (algorithm) => {
    const written = formatVerifierKey('log.example', algorithm, key);
    expect(parseVerifierKey(written)).toEqual({
      name: 'log.example',
      keyId: noteKeyId('log.example', algorithm, key),
      algorithm,
      publicKey: key,
    });
    expect(verifierOf(written)).toMatchObject({ name: 'log.example', keyId: noteKeyId('log.example', algorithm, key) });
  });

  it('have ids of name, algorithm and key, but ECDSA of the key alone', () => {
    expect(noteKeyId('a', NOTE_ED25519, key)).not.toBe(noteKeyId('b', NOTE_ED25519, key));
    expect(noteKeyId('a', NOTE_ED25519, key)).not.toBe(noteKeyId('a', NOTE_COSIGNATURE_V1, key));
    expect(noteKeyId('a', NOTE_ECDSA, key)).toBe(noteKeyId('b', NOTE_ECDSA, key));
  });

  it.each([NOTE_ECDSA, NOTE_MLDSA_44, 0x05, 0xff])('of algorithm %d are read, but verify nothing here', (algorithm) => {
    const written = formatVerifierKey('log.example', algorithm, new Uint8Array(1312).fill(1));
    expect(parseVerifierKey(written).algorithm).toBe(algorithm);
    expect(verdict(() => verifierOf(written))).toBe('unsupported_key');
  });

  it('must not be of small order', () => {
    const smallOrder = formatVerifierKey('log.example', NOTE_ED25519, new Uint8Array(32));
    expect(verdict(() => verifierOf(smallOrder))).toBe('unsupported_key');
  });

  it.each([
    ['empty', ''],
    ['without key', vkey.slice(0, vkey.lastIndexOf('+'))],
    ['with an id of seven digits', vkey.replace(/\+.{8}\+/, '+0000000+')],
    ['with an id in upper case', write('log.example', hexId('log.example', 1, key).toUpperCase(), 1, ...key)],
    ['with another id', vkey.replace(/\+.{8}\+/, '+00000000+')],
    ['without algorithm', write('a', '00000000')],
    ['with an algorithm alone', write('a', '00000000', 7)],
    ['with a key of 31 bytes', write('a', hexId('a', 1, key.slice(1)), 1, ...key.slice(1))],
    ['with a key of 33 bytes', write('a', hexId('a', 4, concat(key, key.slice(31))), 4, ...key, key[31]!)],
    ['with a line after it', `${vkey}\n`],
    ['with a space before it', ` ${vkey}`],
  ])('%s are malformed', (_, text) => {
    expect(verdict(() => parseVerifierKey(text))).toBe('malformed_key');
  });

  it('are malformed with any single byte changed', () => {
    for (let i = 0; i < vkey.length; i++) {
      const changed = vkey.slice(0, i) + String.fromCharCode(vkey.charCodeAt(i) + 1) + vkey.slice(i + 1);
      expect(['malformed_key', 'unsupported_key']).toContain(verdict(() => verifierOf(changed)));
    }
  });
});
