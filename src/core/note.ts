/** Signed notes (C2SP signed-note v1.0.0): a text, and below it one line for each signature. */
import { concat, decodeUtf8, equalBytes, fromBase64, toBase64, utf8 } from './bytes.ts';
import { verifyTimestamped } from './cosigned-message.ts';
import { ed25519PublicKey, isAcceptableEd25519Key, signEd25519, verifyEd25519 } from './ed25519.ts';
import { LogError } from './errors.ts';
import { sha256 } from './hash.ts';

/** Algorithm bytes of verifier keys (signed-note §Signature types). Others are read, and verify nothing here. */
export const NOTE_ED25519 = 0x01;
export const NOTE_ECDSA = 0x02;
export const NOTE_COSIGNATURE_V1 = 0x04;
export const NOTE_MLDSA_44 = 0x06;

/** Largest note that is read, in bytes. */
export const MAX_NOTE_LENGTH = 1_048_576;
/** More signature lines than any witness policy needs, few enough to bound the work for a hostile note. */
export const MAX_NOTE_SIGNATURES = 100;

/** One signature line. */
export interface NoteSignature {
  name: string;
  /** Unsigned, 32 bits. */
  keyId: number;
  /** The signature without the key id: 64 bytes for Ed25519, 72 for a cosignature/v1. */
  bytes: Uint8Array;
}

/** Checks signatures of one key. Signature lines of other names and key ids are none of its business. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: number;
  /** @param message the note's text as bytes, its last newline included */
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** Signs with one key. */
export interface NoteSigner {
  readonly name: string;
  readonly keyId: number;
  /** Signature bytes without key id. @param message the note's text as bytes, its last newline included */
  sign(message: Uint8Array): Uint8Array;
}

/** What a verifier key says. */
export interface VerifierKey {
  name: string;
  keyId: number;
  /** One of the algorithm bytes above, or one that is unknown here. */
  algorithm: number;
  /** For Ed25519 and cosignature/v1 32 bytes. */
  publicKey: Uint8Array;
}

/** A note whose signatures have been read, not checked. */
export interface ParsedNote {
  /** Ends with a newline. */
  text: string;
  signatures: NoteSignature[];
}

/** The key id: the first four bytes of SHA-256(name ‖ 0x0A ‖ algorithm ‖ key), for ECDSA of SHA-256(SPKI). */
export function noteKeyId(name: string, algorithm: number, publicKey: Uint8Array): number {
  const hashed = algorithm === NOTE_ECDSA ? publicKey : concat(utf8(`${name}\n`), Uint8Array.of(algorithm), publicKey);
  return readKeyId(sha256(hashed));
}

function readKeyId(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

function hexKeyId(keyId: number): string {
  return keyId.toString(16).padStart(8, '0');
}

/** Key names are not empty and hold no white space and no plus (signed-note §Signatures). */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\p{White_Space}+\p{Surrogate}]/u.test(name) && !hasControlCharacter(name);
}

/** Writes a verifier key: `name+hex key id+base64(algorithm ‖ key)`. */
export function formatVerifierKey(name: string, algorithm: number, publicKey: Uint8Array): string {
  checkKeyName(name);
  const keyId = hexKeyId(noteKeyId(name, algorithm, publicKey));
  return `${name}+${keyId}+${toBase64(concat(Uint8Array.of(algorithm), publicKey))}`;
}

/**
 * Reads a verifier key of any algorithm, so that lists which name others' keys can be read.
 * @throws LogError malformed_key where it has another form, or its key id does not belong to name and key
 */
export function parseVerifierKey(vkey: string): VerifierKey {
  const [, name = '', hex = '', base64 = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(vkey) ?? [];
  if (!isKeyName(name)) throw malformedKey('a verifier key has the form name+id+key, the id as eight hex digits');
  let key: Uint8Array;
  try {
    key = fromBase64(base64, 'verifier key');
  } catch (cause) {
    throw malformedKey('the last part of the verifier key is not canonical base64', cause);
  }
  const algorithm = key[0];
  const publicKey = key.slice(1);
  if (algorithm === undefined || publicKey.length === 0) throw malformedKey('the verifier key has no key');
  const isEd25519 = algorithm === NOTE_ED25519 || algorithm === NOTE_COSIGNATURE_V1;
  if (isEd25519 && publicKey.length !== 32) throw malformedKey('an Ed25519 key has 32 bytes');
  const keyId = Number.parseInt(hex, 16);
  // Other algorithms may derive the id in ways of their own, and their keys are not used here.
  const isDerivedHere = isEd25519 || algorithm === NOTE_ECDSA || algorithm === NOTE_MLDSA_44;
  if (isDerivedHere && keyId !== noteKeyId(name, algorithm, publicKey)) {
    throw malformedKey('the key id of the verifier key does not belong to its name and key');
  }
  return { name, keyId, algorithm, publicKey };
}

function malformedKey(message: string, cause?: unknown): LogError {
  return new LogError('malformed_key', message, { cause });
}

function checkKeyName(name: string): void {
  if (!isKeyName(name)) throw malformedKey('a key name must not be empty nor contain white space or a plus');
}

/**
 * The verifier that a verifier key stands for: Ed25519 notes and cosignature/v1.
 * @throws LogError malformed_key; unsupported_key for other algorithms and for keys of small order
 */
export function verifierOf(vkey: string): NoteVerifier {
  const { name, algorithm, publicKey } = parseVerifierKey(vkey);
  return noteVerifier(name, algorithm, publicKey);
}

/**
 * The verifier of a name, an algorithm byte (0x01 or 0x04) and a 32-byte key.
 * @throws LogError malformed_key for a bad name; unsupported_key for other algorithms and keys of small order
 */
export function noteVerifier(name: string, algorithm: number, publicKey: Uint8Array): NoteVerifier {
  checkKeyName(name);
  const check = { [NOTE_ED25519]: verifyEd25519, [NOTE_COSIGNATURE_V1]: verifyTimestamped }[algorithm];
  if (check === undefined) throw new LogError('unsupported_key', 'verifier keys are Ed25519 or cosignature/v1');
  if (!isAcceptableEd25519Key(publicKey)) {
    throw new LogError('unsupported_key', 'the Ed25519 key is of small order, not canonical, or not 32 bytes');
  }
  return {
    name,
    keyId: noteKeyId(name, algorithm, publicKey),
    verify: (message, signature) => check(publicKey, message, signature),
  };
}

/** Verifier of Ed25519 note signatures (algorithm 0x01). @throws LogError as `noteVerifier` */
export function ed25519NoteVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  return noteVerifier(name, NOTE_ED25519, publicKey);
}

/** Signer of Ed25519 notes (algorithm 0x01) from a 32-byte seed. @throws LogError malformed_key for a bad name */
export function ed25519NoteSigner(name: string, seed: Uint8Array): NoteSigner {
  checkKeyName(name);
  return {
    name,
    keyId: noteKeyId(name, NOTE_ED25519, ed25519PublicKey(seed)),
    sign: (message) => signEd25519(seed, message),
  };
}

/**
 * Reads a note without checking signatures (signed-note §Format).
 * @throws LogError malformed_note; limit_exceeded above 1 MiB
 */
export function parseNote(note: Uint8Array | string): ParsedNote {
  const whole = noteText(note);
  // The text may contain blank lines, the signatures cannot: the last one divides.
  const divide = whole.lastIndexOf('\n\n');
  const text = whole.slice(0, divide + 1);
  const block = whole.slice(divide + 2);
  if (divide < 0 || !block.endsWith('\n')) throw malformed('the note does not end with a block of signature lines');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > MAX_NOTE_SIGNATURES) throw malformed('the note has more than 100 signatures');
  return { text, signatures: lines.map(parseSignatureLine) };
}

function noteText(note: Uint8Array | string): string {
  const bytes = typeof note === 'string' ? utf8(note) : note;
  if (bytes.length > MAX_NOTE_LENGTH) throw new LogError('limit_exceeded', 'the note is larger than 1 MiB');
  const text = decodeUtf8(bytes);
  if (text === undefined || (typeof note === 'string' && text !== note)) throw malformed('the note is not UTF-8');
  if (hasControlCharacter(text)) throw malformed('the note contains a control character');
  return text;
}

/** True where there is an ASCII control character below 0x20 other than the newline. */
function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}

/** Name, and base64 of the key id (4 bytes) and the signature; the line begins with an em dash, U+2014. */
function parseSignatureLine(line: string): NoteSignature {
  const [, name = '', base64 = ''] = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  if (!isKeyName(name)) throw malformed('a line below the text is not a signature');
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(base64, 'signature');
  } catch (cause) {
    throw malformed('a signature is not canonical base64', cause);
  }
  if (bytes.length < 5) throw malformed('a signature is too short');
  return { name, keyId: readKeyId(bytes), bytes: bytes.slice(4) };
}

function malformed(message: string, cause?: unknown): LogError {
  return new LogError('malformed_note', message, { cause });
}

/**
 * Reads a note and checks the signatures of the given keys. Lines of other keys are handed back unverified, and they
 * say nothing: anyone can add them. A line repeated exactly counts once.
 * @throws LogError malformed_note; limit_exceeded; signature_invalid where a signature by one of the keys does not
 *   verify, or there is none; malformed_key where two of the keys share name and id and the note has a line of theirs
 */
export function openNote(
  note: Uint8Array | string,
  verifiers: readonly NoteVerifier[],
): { text: string; verified: NoteSignature[]; unverified: NoteSignature[] } {
  const { text, signatures } = parseNote(note);
  const message = utf8(text);
  const verified: NoteSignature[] = [];
  const unverified: NoteSignature[] = [];
  for (const signature of signatures) {
    const [verifier, ...others] = verifiers.filter((candidate) => isSameKey(candidate, signature));
    if (others.length > 0) throw malformedKey('two of the given keys have the same name and key id');
    const list = verifier === undefined ? unverified : verified;
    if (list.some((known) => isSameKey(known, signature) && equalBytes(known.bytes, signature.bytes))) continue;
    if (verifier !== undefined && !verifier.verify(message, signature.bytes)) {
      throw new LogError('signature_invalid', 'a signature by a known key does not verify');
    }
    list.push(signature);
  }
  if (verified.length === 0) throw new LogError('signature_invalid', 'the note has no signature by a known key');
  return { text, verified, unverified };
}

function isSameKey(a: { name: string; keyId: number }, b: { name: string; keyId: number }): boolean {
  return a.keyId === b.keyId && a.name === b.name;
}

/**
 * Writes a note from its text and signatures.
 * @throws LogError malformed_note where the text does not end with a newline, or something could not be read back
 */
export function formatNote(text: string, signatures: readonly NoteSignature[]): string {
  let note = `${text}\n`;
  for (const { name, keyId, bytes } of signatures) {
    const id = new Uint8Array(4);
    new DataView(id.buffer).setUint32(0, keyId);
    note += `\u2014 ${name} ${toBase64(concat(id, bytes))}\n`;
  }
  const read = parseNote(note);
  if (read.text !== text || read.signatures.length !== signatures.length) {
    throw malformed('the text of a note must end with a newline');
  }
  return note;
}

/** Writes a note signed by each signer, in their order. @throws LogError malformed_note as `formatNote` */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  const message = utf8(text);
  return formatNote(
    text,
    signers.map((signer) => ({ name: signer.name, keyId: signer.keyId, bytes: signer.sign(message) })),
  );
}
