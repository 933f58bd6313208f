import { ed25519ph } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { concat, decodeUtf8, fromBase64, fromHex, toBase64, toHex, utf8 } from '../../../src/core/bytes.ts';
import { leafHash, sha256 } from '../../../src/core/hash.ts';
import { parseStrictJson } from '../../../src/entry/encoding/strict-json.ts';
import { pae } from '../../../src/entry/leaf/dsse.ts';
import { encodeLeaf, parseLeaf } from '../../../src/entry/leaf/leaf.ts';
import { lookupTerms } from '../../../src/entry/leaf/lookup.ts';
import { certificateVerifier } from '../../../src/entry/leaf/verifier.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { prepareSubmission, type Submission } from '../../../src/entry/submission/submission.ts';
import { bits, oid, sequence } from '../../fixtures/der-writer.ts';
import {
  envelope,
  hashOf,
  IN_TOTO,
  type KeyName,
  otherS,
  signMessage,
  statement,
  testKey,
} from '../../fixtures/make.ts';
import { certificate, fulcio, pem, uri } from '../../fixtures/make-certificate.ts';
import { bundleOf, signedMessage, signer, v1Entry } from '../../fixtures/sigstore-instance.ts';
import { codeOf } from '../code-of.ts';
import type { Issued } from '../x509/issue-certificate.ts';

const key = testKey('p256');
const prepare = (value: unknown) => prepareSubmission(value, portableChecks);
const code = (value: unknown) => codeOf(() => prepare(value));
const signed = envelope(statement(), [key]);
const submission: Submission & { envelope: unknown } = { envelope: signed, publicKey: key.pem };

describe('an envelope with a public key', () => {
  it('becomes a hashedrekord leaf over its PAE, byte for byte', () => {
    const entry = prepare(submission);
    const digest = toBase64(hashOf('sha256', pae(IN_TOTO, utf8(statement()))));
    expect(decodeUtf8(entry.leaf)).toBe(
      `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"${digest}"},` +
        `"signature":{"content":"${signed.signatures[0]!.sig}","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"${toBase64(key.spki)}"}}}}}}`,
    );
    expect(entry.leafHash).toEqual(leafHash(entry.leaf));
    expect(entry.payload).toEqual({ bytes: utf8(statement()), type: IN_TOTO, sha256: sha256(utf8(statement())) });
    expect(entry.signers).toEqual([sha256(key.spki)]);
    expect(entry.companion).toBeUndefined();
    expect(entry.terms).toEqual(lookupTerms(entry.leaf, entry.payload));
    expect(entry.terms).toContainEqual({ kind: 'subject', value: `sha256:${'ab'.repeat(32)}` });
    expect(entry.terms).toContainEqual({ kind: 'predicateType', value: 'https://slsa.dev/provenance/v1' });
  });

  it('becomes a dsse leaf where that is asked for', () => {
    const entry = prepare({ ...submission, leaf: 'dsse' });
    const hash = toBase64(sha256(utf8(statement())));
    expect(decodeUtf8(entry.leaf)).toBe(
      `{"apiVersion":"0.0.2","kind":"dsse","spec":{"dsseV002":{"payloadHash":{"algorithm":"SHA2_256","digest":"${hash}"},` +
        `"signatures":[{"content":"${signed.signatures[0]!.sig}","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"${toBase64(key.spki)}"}}}]}}}`,
    );
    expect(entry.eventIds).toEqual(prepare(submission).eventIds);
  });

  it.each<[KeyName, string, string]>([
    ['p384', 'hashedrekord', 'SHA2_384'],
    ['p521', 'hashedrekord', 'SHA2_512'],
    ['rsa2048', 'hashedrekord', 'SHA2_256'],
    ['rsa3072', 'hashedrekord', 'SHA2_256'],
    ['rsa4096', 'hashedrekord', 'SHA2_256'],
    ['ed25519', 'dsse', 'SHA2_256'],
  ])('by %s becomes a %s leaf with %s', (kind, leafKind, algorithm) => {
    const other = testKey(kind);
    const { leaf } = prepare({ envelope: envelope(statement(), [other]), publicKey: other.pem });
    expect(parseLeaf(leaf).kind).toBe(leafKind);
    expect(decodeUtf8(leaf)).toContain(`"algorithm":"${algorithm}"`);
  });

  it('is the same entry however its base64 and JSON are spelled', () => {
    const bytes = (text: unknown) => fromBase64(String(text));
    const raw = { ...signed, payload: bytes(signed.payload), signatures: [{ sig: bytes(signed.signatures[0]!.sig) }] };
    const urlSafe = (text: unknown) => String(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const url = {
      ...signed,
      payload: urlSafe(signed.payload),
      signatures: [{ sig: urlSafe(signed.signatures[0]!.sig) }],
    };
    const reordered = { signatures: signed.signatures, payloadType: signed.payloadType, payload: signed.payload };
    for (const other of [raw, url, reordered]) {
      expect(prepare({ publicKey: key.pem, envelope: other }).leaf).toEqual(prepare(submission).leaf);
    }
  });

  it('keeps a keyid beside the leaf, where it changes nothing', () => {
    const entry = prepare({
      envelope: { ...signed, signatures: [{ ...signed.signatures[0], keyid: 'k1' }] },
      publicKey: key.pem,
    });
    expect(entry.leaf).toEqual(prepare(submission).leaf);
    expect(entry.companion?.keyids).toEqual(['k1']);
  });

  it('with n - s is another leaf and the same event', () => {
    const sig = toBase64(otherS(fromBase64(String(signed.signatures[0]!.sig))));
    const twin = prepare({ envelope: { ...signed, signatures: [{ sig }] }, publicKey: key.pem });
    const entry = prepare(submission);
    expect(twin.leafHash).not.toEqual(entry.leafHash);
    expect(twin.eventIds).toEqual(entry.eventIds);
  });

  it('is refused with one bit changed anywhere that is signed', () => {
    const bytes = utf8(statement());
    for (let bit = 0; bit < 8 * bytes.length; bit += 97) {
      const payload = bytes.slice();
      payload[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
      expect(code({ envelope: { ...signed, payload }, publicKey: key.pem })).toBe('signature_invalid');
    }
    const sig = fromBase64(String(signed.signatures[0]!.sig));
    for (let bit = 0; bit < 8 * sig.length; bit += 31) {
      const changed = sig.slice();
      changed[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
      expect(code({ envelope: { ...signed, signatures: [{ sig: changed }] }, publicKey: key.pem })).toBe(
        'signature_invalid',
      );
    }
    expect(code({ envelope: { ...signed, payloadType: `${IN_TOTO}x` }, publicKey: key.pem })).toBe('signature_invalid');
  });

  it('is refused by another key of the same or another type', () => {
    for (const other of [testKey('p256', 'other'), testKey('p384'), testKey('rsa2048'), testKey('ed25519')]) {
      expect(code({ envelope: signed, publicKey: other.pem })).toBe('signature_invalid');
    }
  });

  it('may have an empty payload of a type that is no statement', () => {
    expect(code({ envelope: envelope('', [key], 'text/plain'), publicKey: key.pem })).toBeUndefined();
    expect(code({ envelope: envelope('', [key]), publicKey: key.pem })).toBe('malformed_statement');
  });
});

it('hands on bytes of its own, and leaves those of the document as they were', () => {
  const ed25519 = testKey('ed25519');
  const made = envelope(statement(), [ed25519]);
  const document = Buffer.concat([
    Buffer.from(made.payload, 'base64'),
    Buffer.from(String(made.signatures[0]!.sig), 'base64'),
  ]);
  const before = Buffer.from(document);
  const payload = document.subarray(0, -64);
  const { payload: kept } = prepare({
    envelope: { ...made, payload, signatures: [{ sig: document.subarray(-64) }] },
    publicKey: ed25519.pem,
  });
  expect(document).toEqual(before);
  document.fill(0);
  expect(kept?.bytes).toEqual(new Uint8Array(before.subarray(0, -64)));
});

describe('an envelope with several signatures', () => {
  const keys = [testKey('p256'), testKey('p384'), testKey('ed25519'), testKey('rsa2048')];
  const several = envelope(statement(), keys);
  const verifiers = keys.map((one) => ({ publicKey: one.pem }));

  it('becomes a dsse leaf, its signatures sorted', () => {
    const leaf = parseLeaf(prepare({ envelope: several, verifiers }).leaf);
    const sigs = leaf.signatures.map(({ signature }) => toHex(signature));
    expect(leaf.kind).toBe('dsse');
    expect(sigs).toEqual([...sigs].sort());
    expect(sigs).toHaveLength(4);
  });

  it('is the same leaf in any order', () => {
    const reversed = { ...several, signatures: [...several.signatures].reverse() };
    expect(prepare({ envelope: reversed, verifiers: [...verifiers].reverse() }).leaf).toEqual(
      prepare({ envelope: several, verifiers }).leaf,
    );
  });

  it('is refused where one of them is wrong, missing or repeated', () => {
    const [first] = several.signatures;
    expect(code({ envelope: { ...several, signatures: [first, first] }, verifiers: verifiers.slice(0, 2) })).toBe(
      'signature_invalid',
    );
    expect(
      code({ envelope: { ...several, signatures: [first, first] }, verifiers: [verifiers[0], verifiers[0]] }),
    ).toBe('malformed_envelope');
    expect(code({ envelope: several, verifiers: verifiers.slice(1) })).toBe('key_missing');
    expect(code({ envelope: several, verifiers: [...verifiers, verifiers[0]] })).toBe('malformed_submission');
    expect(code({ envelope: several, publicKey: key.pem })).toBe('key_missing');
    expect(code({ envelope: several, verifiers: [{}, ...verifiers.slice(1)] })).toBe('key_missing');
    expect(code({ envelope: several, verifiers: [...verifiers].reverse() })).toBe('signature_invalid');
  });
});

describe('an envelope with a certificate', () => {
  const ca = { key: testKey('p384', 'ca'), name: 'ca' };
  const der = certificate({
    key,
    issuer: ca,
    names: [uri('https://ci.example/x')],
    extensions: [fulcio(8, 'https://i.example')],
  });
  const root = certificate({ key: ca.key, name: 'ca' });

  it('keeps the certificate in the leaf and the chain beside it', () => {
    const entry = prepare({ envelope: signed, certificate: pem('CERTIFICATE', der, root) });
    expect(decodeUtf8(entry.leaf)).toContain(`"x509Certificate":{"rawBytes":"${toBase64(der)}"}`);
    expect(entry.companion).toEqual({ chain: [root], timestamps: [], keyids: [''], keyHint: undefined });
    expect(entry.terms).toContainEqual({ kind: 'identity', value: 'https://ci.example/x' });
    expect(entry.terms).toContainEqual({ kind: 'issuer', value: 'https://i.example' });
    expect(entry.eventIds).toEqual(prepare(submission).eventIds);
  });

  it('within the envelope needs no verifier beside it', () => {
    const withCert = { ...signed, signatures: [{ ...signed.signatures[0], cert: pem('CERTIFICATE', der) }] };
    expect(prepare({ envelope: withCert }).leaf).toEqual(
      prepare({ envelope: signed, certificate: pem('CERTIFICATE', der) }).leaf,
    );
  });

  it('of another key is refused', () => {
    expect(code({ envelope: signed, certificate: pem('CERTIFICATE', root) })).toBe('signature_invalid');
  });

  it('whose leaf would be too long is refused', () => {
    const names = Array.from({ length: 560 }, (_, i) => uri(`https://example.com/${i}`));
    const big = (label: string) => certificate({ key: testKey('p256', label), names });
    const labels = ['a', 'b', 'c', 'd'];
    const keys = labels.map((label) => testKey('p256', label));
    const verifiers = labels.map((label) => ({ certificate: pem('CERTIFICATE', big(label)) }));
    expect(code({ envelope: envelope(statement(), keys), verifiers })).toBe('limit_exceeded');
  });
});

describe('an artifact signature', () => {
  const artifact = utf8('the artifact');
  const digest = hashOf('sha256', artifact);
  const made = {
    artifact: { sha256: toHex(digest) },
    signature: toBase64(signMessage(key, artifact)),
    publicKey: key.pem,
  };

  it('becomes a hashedrekord leaf without payload', () => {
    const entry = prepare(made);
    expect(parseLeaf(entry.leaf)).toMatchObject({ kind: 'hashedrekord', algorithm: 'SHA2_256', digest });
    expect(entry.payload).toBeUndefined();
    expect(entry.terms).toContainEqual({ kind: 'subject', value: `sha256:${toHex(digest)}` });
  });

  it('may come as bytes in msgpack', () => {
    const raw = { ...made, artifact: { sha256: digest }, signature: fromBase64(made.signature) };
    expect(prepare(raw).leaf).toEqual(prepare(made).leaf);
  });

  it('is the same event as the envelope whose PAE was signed', () => {
    const message = pae(IN_TOTO, utf8(statement()));
    const signature = signed.signatures[0]!.sig;
    const entry = prepare({ artifact: { sha256: toHex(sha256(message)) }, signature, publicKey: key.pem });
    expect(entry.leaf).toEqual(prepare(submission).leaf);
    expect(entry.eventIds).toEqual(prepare(submission).eventIds);
  });

  it('uses the hash of its key and no other', () => {
    const p384 = testKey('p384');
    const right = {
      artifact: { sha384: toHex(hashOf('sha384', artifact)) },
      signature: toBase64(signMessage(p384, artifact)),
      publicKey: p384.pem,
    };
    expect(code(right)).toBeUndefined();
    const legacy = toBase64(signMessage(p384, artifact, { hash: 'sha256' }));
    expect(code({ ...right, artifact: made.artifact, signature: legacy })).toBe('signature_invalid');
    expect(code({ ...made, artifact: { sha512: toHex(hashOf('sha512', artifact)) } })).toBe('signature_invalid');
  });

  it('of pure Ed25519 cannot be checked; Ed25519ph can', () => {
    const pure = testKey('ed25519');
    const sha512 = toHex(hashOf('sha512', artifact));
    const value = { artifact: { sha512 }, signature: toBase64(signMessage(pure, artifact)), publicKey: pure.pem };
    expect(code(value)).toBe('signature_invalid');
    expect(code({ ...value, artifact: made.artifact })).toBe('unsupported_key');
    const seed = new Uint8Array(32).fill(3);
    const spki = sequence(sequence(oid('1.3.101.112')), bits(ed25519ph.getPublicKey(seed)));
    const signature = toBase64(ed25519ph.sign(artifact, seed));
    const entry = prepare({ artifact: { sha512 }, signature, publicKey: pem('PUBLIC KEY', spki) });
    expect(decodeUtf8(entry.leaf)).toContain('"keyDetails":"PKIX_ED25519_PH"');
  });

  it.each([
    ['no digest', { artifact: {} }, 'malformed_submission'],
    ['two digests', { artifact: { sha256: 'ab'.repeat(32), sha512: 'ab'.repeat(64) } }, 'malformed_submission'],
    ['a null digest', { artifact: { sha256: null } }, 'malformed_submission'],
    ['a short digest', { artifact: { sha256: 'abcd' } }, 'malformed_submission'],
    ['an upper-case digest', { artifact: { sha256: 'AB'.repeat(32) } }, 'malformed_hex'],
    ['a sha1 digest', { artifact: { sha1: 'ab'.repeat(20) } }, 'malformed_submission'],
    ['another digest', { artifact: { sha256: 'ab'.repeat(32) } }, 'signature_invalid'],
    ['a URL-safe signature', { signature: made.signature.replace(/.$/, '_') }, 'malformed_base64'],
    ['no signature', { signature: undefined }, 'malformed_submission'],
    ['an empty signature', { signature: '' }, 'signature_invalid'],
    ['no key', { publicKey: undefined }, 'key_missing'],
    ['two keys', { certificate: 'x' }, 'malformed_submission'],
    ['an unknown member', { extra: true }, 'malformed_submission'],
    ['a leaf kind', { leaf: 'dsse' }, 'malformed_submission'],
  ])('is refused with %s', (_, change, expected) => {
    expect(code({ ...made, ...change })).toBe(expected);
  });
});

describe('whatever else is submitted', () => {
  it.each([
    ['null', null],
    ['a list', []],
    ['a text', 'x'],
    ['nothing', undefined],
    ['an empty object', {}],
    ['an unknown form', { payload: '', payloadType: '', signatures: [] }],
    ['two forms', { ...submission, artifact: {} }],
    ['an unknown leaf kind', { ...submission, leaf: 'intoto' }],
    ['a key that is no text', { ...submission, publicKey: 7 }],
    ['verifiers that are no list', { envelope: signed, verifiers: {} }],
  ])('is refused: %s', (_, value) => {
    expect(code(value)).toBe('malformed_submission');
  });

  it('has members of its own only, whatever the prototype', () => {
    const value = parseStrictJson(utf8(JSON.stringify({ constructor: 1, toString: 2 })));
    expect(code(value)).toBe('malformed_submission');
  });
});

describe('a private key', () => {
  const armoured = testKey('p256', 'secret').privatePem;
  const hiding = (payload: string | Uint8Array, type = 'text/plain') => ({
    envelope: envelope(payload, [key], type),
    publicKey: key.pem,
  });

  /** A bundle with the promise of a log that left it in its leaf. */
  const promised = () => {
    const message = signedMessage(utf8('the artifact'));
    const { certificate: issued } = (signer as { certificate: Issued }).certificate;
    const signature = { signature: message.signature, verifier: certificateVerifier(issued) };
    const body = encodeLeaf({
      ...{ kind: 'intoto', version: '0.0.2', payloadType: 'text/plain', payload: undefined },
      ...{ envelopeHash: sha256(utf8('')), payloadHash: sha256(utf8('')) },
      signatures: [{ ...signature, pem: pem('CERTIFICATE', issued.der), keyid: armoured }],
    });
    return bundleOf(message, { entries: [v1Entry(body)] });
  };

  it.each([
    ['as the public key', { ...submission, publicKey: armoured }],
    ['beside the public key', { ...submission, publicKey: key.pem + armoured }],
    ['as the certificate', { envelope: signed, certificate: armoured }],
    ['in an unknown member', { ...submission, privateKey: armoured }],
    [
      'as a keyid',
      { ...submission, envelope: { ...signed, signatures: [{ ...signed.signatures[0], keyid: armoured }] } },
    ],
    [
      'as a certificate within the envelope',
      { envelope: { ...signed, signatures: [{ ...signed.signatures[0], cert: armoured }] } },
    ],
    ['as the payload', hiding(armoured)],
    ['within a statement', hiding(statement('ab', { predicate: { log: [`\n${armoured}`] } }), IN_TOTO)],
    [
      'within a statement, in base64',
      hiding(statement('ab', { predicate: { data: Buffer.from(armoured).toString('base64') } }), IN_TOTO),
    ],
    [
      'as a JWK within a statement',
      hiding(statement('ab', { predicate: testKey('p256').privateKey.export({ format: 'jwk' }) }), IN_TOTO),
    ],
    ['as a DER payload', hiding(Uint8Array.from(testKey('p256').privateKey.export({ type: 'pkcs8', format: 'der' })))],
    ['within a binary payload', hiding(concat(Uint8Array.of(0xff, 0xfe), utf8(armoured)))],
    [
      'in a certificate',
      { envelope: signed, certificate: pem('CERTIFICATE', certificate({ key, extensions: [fulcio(2, armoured)] })) },
    ],
    [
      'in a certificate of the chain',
      {
        envelope: signed,
        certificate: pem('CERTIFICATE', certificate({ key }), certificate({ key, extensions: [fulcio(2, armoured)] })),
      },
    ],
    ['in the entry of another log', promised()],
    ['as a lone document', { k: testKey('ed25519').privateKey.export({ format: 'jwk' }) }],
  ])('is refused %s', (_, value) => {
    expect(code(value)).toBe('private_key_submitted');
  });

  it('is not echoed', () => {
    try {
      prepare({ ...submission, publicKey: armoured });
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(armoured.slice(40, 60));
    }
    expect.assertions(1);
  });
});

it('reads a leaf back only in its exact bytes', () => {
  const { leaf } = prepare(submission);
  expect(codeOf(() => parseLeaf(leaf))).toBeUndefined();
  const text = decodeUtf8(leaf)!;
  const wrong = [
    `${text}\n`,
    ` ${text}`,
    text.replace('"kind":', '"kind" :'),
    text.replace('SHA2_256"', 'SHA2_384"'),
    text.replace('PKIX_ECDSA_P256_SHA_256', 'PKIX_RSA_PKCS1V15_2048_SHA256'),
    text.replace('0.0.2', '0.0.1'),
    text.replace('{"apiVersion"', '{"a":1,"apiVersion"'),
    text.replace('{"apiVersion":"0.0.2"', '{"apiVersion":"0.0.2","apiVersion":"0.0.2"'),
    '',
    '{}',
    'null',
  ];
  for (const other of wrong) expect(codeOf(() => parseLeaf(utf8(other)))).toBe('malformed_leaf');
  expect(codeOf(() => parseLeaf(fromHex('ff')))).toBe('malformed_leaf');
});
