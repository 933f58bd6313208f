import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64, toHex, u64be } from '../../src/core/bytes.ts';
import { parseCheckpoint } from '../../src/core/checkpoint.ts';
import {
  ed25519NoteSigner,
  formatNote,
  type NoteSignature,
  openNote,
  parseNote,
  signNote,
  verifierOf,
} from '../../src/core/note.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';
import { verdict } from './verdict.ts';

/** Notes of golang.org/x/mod, and the example of the specification. */
const folder = shared('vectors/note');
const REFUSED = ['malformed_note', 'signature_invalid', 'malformed_key', 'limit_exceeded'];

interface Signature {
  name: string;
  hash: string;
  base64: string;
}

interface Vectors {
  open: {
    name: string;
    messageBase64: string;
    keys: string[];
    result: string;
    text?: string;
    sigs?: Signature[];
    unverifiedSigs?: Signature[];
  }[];
  malformed: { name: string; messageBase64: string; keys: string[] }[];
  mismatchedVerifier: { name: string; messageBase64: string }[];
  sign: {
    name: string;
    skey?: string;
    signerName?: string;
    text: string;
    existing?: Signature[];
    result: string;
    signed?: string;
  }[];
  keys: { peter: { vkey: string } };
  vkeyMustFail: { base: string; also: { vkey: string }[] };
  treeText: {
    good: { name: string; text: string; size: string; rootBase64: string }[];
    bad: { name: string; text: string }[];
  };
}

const written = ({ name, keyId, bytes }: NoteSignature) => ({
  name,
  hash: toHex(u64be(keyId)).slice(8),
  base64: toBase64(Uint8Array.from([...u64be(keyId).slice(4), ...bytes])),
});

const signerOf = (skey: string) => {
  const [, , name, , ...key] = skey.split('+');
  return ed25519NoteSigner(name!, fromBase64(key.join('+')).subarray(1));
};

describe.skipIf(folder === undefined)(`the notes of golang.org/x/mod${folder ? '' : `: ${SHARED_ABSENT}`}`, () => {
  const vectors: Vectors = folder ? JSON.parse(readFileSync(`${folder}/note.json`, 'utf8')) : {};
  const bytes = (vector: { messageBase64: string }) => new Uint8Array(Buffer.from(vector.messageBase64, 'base64'));

  it.each(vectors.open ?? [])('open: $name', (vector) => {
    const open = () => openNote(bytes(vector), vector.keys.map(verifierOf));
    if (vector.result !== 'ok') return expect(REFUSED).toContain(verdict(open));
    const { text, verified, unverified } = open();
    expect(text).toBe(vector.text);
    expect(verified.map(written)).toEqual(vector.sigs ?? []);
    expect(unverified.map(written)).toEqual(vector.unverifiedSigs ?? []);
  });

  it.each(vectors.malformed ?? [])('malformed: $name', (vector) => {
    expect(verdict(() => openNote(bytes(vector), vector.keys.map(verifierOf)))).toBe('malformed_note');
  });

  it.each(vectors.mismatchedVerifier ?? [])('$name: the verifier is not asked', (vector) => {
    expect(verdict(() => openNote(bytes(vector), [verifierOf(vectors.keys.peter.vkey)]))).toBe('signature_invalid');
  });

  it.each(vectors.sign ?? [])('sign: $name', (vector) => {
    const sign = () => {
      const signers = vector.skey ? [signerOf(vector.skey)] : [];
      if (vector.signerName) signers.push(ed25519NoteSigner(vector.signerName, new Uint8Array(32)));
      // The names of signatures that a note already has are checked as those of new ones are. Which of them a new
      // signature replaces is the caller's business here.
      const existing = vector.result === 'ok' ? [] : (vector.existing ?? []);
      const kept = existing.map(({ name }) => ({ name, keyId: 0, bytes: Uint8Array.of(1) }));
      return formatNote(vector.text, [
        ...kept,
        ...(signers.length ? parseNote(signNote(vector.text, signers)).signatures : []),
      ]);
    };
    if (vector.name.includes('do not start with its hash')) return; // key id and bytes are kept apart here
    if (vector.result === 'ok') expect(sign()).toBe(vector.signed);
    else expect(REFUSED).toContain(verdict(sign));
  });

  it('refuses every part of a verifier key, every changed byte, and the others that must fail', () => {
    const { base, also } = vectors.vkeyMustFail;
    const bad = also.map((entry) => entry.vkey);
    for (let start = 0; start < base.length; start++) {
      for (let end = start + 1; end <= base.length; end++)
        if (end - start < base.length) bad.push(base.slice(start, end));
      bad.push(base.slice(0, start) + String.fromCharCode(base.charCodeAt(start) + 1) + base.slice(start + 1));
    }
    const accepted = bad.filter(
      (vkey) => !['malformed_key', 'unsupported_key'].includes(String(verdict(() => verifierOf(vkey)))),
    );
    expect(accepted).toEqual([]);
    expect(verdict(() => verifierOf(base))).toBe('accepted');
  });

  it.each(vectors.treeText?.good ?? [])('tree text: $name', (vector) => {
    // That package ignores whatever follows the root. A checkpoint ends with a newline.
    if (!vector.text.endsWith('\n'))
      return expect(verdict(() => parseCheckpoint(vector.text))).toBe('malformed_checkpoint');
    const { size, root } = parseCheckpoint(vector.text);
    expect([String(size), toBase64(root)]).toEqual([vector.size, vector.rootBase64]);
  });

  it.each(vectors.treeText?.bad ?? [])('tree text that must fail: $name', (vector) => {
    // Any first line is an origin here; which one it must be says the caller of openCheckpoint.
    const expected = vector.name === 'other first line' ? 'accepted' : 'malformed_checkpoint';
    expect(verdict(() => parseCheckpoint(vector.text))).toBe(expected);
  });
});

it.skipIf(folder === undefined)(`opens the example of the specification${folder ? '' : `: ${SHARED_ABSENT}`}`, () => {
  const example = JSON.parse(readFileSync(`${folder}/c2sp-example.json`, 'utf8'));
  expect(openNote(example.note, [verifierOf(example.vkey)]).text).toBe(example.text);
});
