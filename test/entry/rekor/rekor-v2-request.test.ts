import { ed25519ph } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { compareBytes, decodeUtf8, fromBase64, toBase64, utf8 } from '../../../src/core/bytes.ts';
import { leafHash, sha256 } from '../../../src/core/hash.ts';
import { pae } from '../../../src/entry/leaf/dsse.ts';
import { prepareRekorV2Request } from '../../../src/entry/rekor/rekor-v2-request.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import {
  envelope,
  hashOf,
  IN_TOTO,
  type KeyName,
  signMessage,
  statement,
  type TestKey,
  testKey,
} from '../../fixtures/make.ts';
import { certificate } from '../../fixtures/make-certificate.ts';
import { codeOf } from '../code-of.ts';

const prepare = (value: unknown) => prepareRekorV2Request(value, portableChecks);
const code = (value: unknown) => codeOf(() => prepare(value));
const refusal = (value: unknown): unknown => {
  try {
    return prepare(value);
  } catch (error) {
    return error;
  }
};

const DETAILS = {
  p256: 'PKIX_ECDSA_P256_SHA_256',
  p384: 'PKIX_ECDSA_P384_SHA_384',
  p521: 'PKIX_ECDSA_P521_SHA_512',
  rsa2048: 'PKIX_RSA_PKCS1V15_2048_SHA256',
  rsa3072: 'PKIX_RSA_PKCS1V15_3072_SHA256',
  rsa4096: 'PKIX_RSA_PKCS1V15_4096_SHA256',
  ed25519: 'PKIX_ED25519',
} as const satisfies Record<KeyName, string>;

const MESSAGE = utf8('artifact');
const key = testKey('p256');
const publicKey = (one: TestKey) => ({ publicKey: { rawBytes: toBase64(one.spki) } });
const x509 = (one: TestKey) => ({ x509Certificate: { rawBytes: toBase64(certificate({ key: one })) } });

/** A request as a client makes it, and what it is made of, to be changed. */
function hashedRekord(
  kind: Exclude<KeyName, 'ed25519'> = 'p256',
  signer: Record<string, unknown> = publicKey(testKey(kind)),
) {
  const one = testKey(kind);
  const digest = toBase64(hashOf(one.hash!, MESSAGE));
  const content = toBase64(signMessage(one, MESSAGE));
  const verifier: Record<string, unknown> = { ...signer, keyDetails: DETAILS[kind] };
  return { digest, signature: { content, verifier } };
}
const asHashedRekord = (hashedRekordRequestV002: unknown) => ({ hashedRekordRequestV002 });
const asDsse = (dsseRequestV002: unknown) => ({ dsseRequestV002 });

describe('a hashedRekordRequestV002', () => {
  it.each([
    ['public key', 'publicKey', publicKey(key)],
    ['certificate', 'x509Certificate', x509(key)],
  ] as const)('with a %s becomes the leaf that says the same, byte for byte', (_, name, signer) => {
    const request = hashedRekord('p256', signer);
    const entry = prepare(asHashedRekord(request));
    const rawBytes = (signer as Record<string, { rawBytes: string }>)[name]!.rawBytes;
    expect(decodeUtf8(entry.leaf)).toBe(
      `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"${request.digest}"},` +
        `"signature":{"content":"${request.signature.content}","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","${name}":{"rawBytes":"${rawBytes}"}}}}}}`,
    );
    expect(entry.leafHash).toEqual(leafHash(entry.leaf));
    expect(entry.signers).toEqual([sha256(key.spki)]);
    expect([entry.payload, entry.companion]).toEqual([undefined, undefined]);
  });

  it.each(['p256', 'p384', 'p521', 'rsa2048', 'rsa3072', 'rsa4096'] as const)('by %s is accepted', (kind) => {
    expect(decodeUtf8(prepare(asHashedRekord(hashedRekord(kind))).leaf)).toContain(`"keyDetails":"${DETAILS[kind]}"`);
  });

  it('by Ed25519ph is accepted', () => {
    const secret = new Uint8Array(32).fill(7);
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), ed25519ph.getPublicKey(secret)]);
    const verifier = { publicKey: { rawBytes: spki.toString('base64') }, keyDetails: 'PKIX_ED25519_PH' };
    const signature = { content: toBase64(ed25519ph.sign(MESSAGE, secret)), verifier };
    const digest = toBase64(hashOf('sha512', MESSAGE));
    expect(decodeUtf8(prepare(asHashedRekord({ digest, signature })).leaf)).toContain('"PKIX_ED25519_PH"');
  });

  it('is the entry that the same submission in our own form is', () => {
    const { digest, signature } = hashedRekord();
    const artifact = { sha256: Buffer.from(digest, 'base64').toString('hex') };
    const own = prepareSubmission({ artifact, signature: signature.content, publicKey: key.pem }, portableChecks);
    expect(prepare(asHashedRekord({ digest, signature }))).toEqual(own);
  });

  it('is the same however it is spelled', () => {
    const { digest, signature } = hashedRekord();
    const urlSafe = (value: string) => value.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const spelled = {
      dsse_request_v002: null,
      hashed_rekord_request_v002: {
        digest: urlSafe(digest),
        signature: {
          content: urlSafe(signature.content),
          verifier: { key_details: 5, public_key: { raw_bytes: urlSafe(toBase64(key.spki)) }, x509Certificate: null },
        },
      },
    };
    expect(prepare(spelled)).toEqual(prepare(asHashedRekord({ digest, signature })));
  });

  it.each<[string, unknown, string]>([
    ['no digest', { ...hashedRekord(), digest: undefined }, 'malformed_submission'],
    ['an empty digest', { ...hashedRekord(), digest: '' }, 'malformed_submission'],
    ['no signature', { ...hashedRekord(), signature: undefined }, 'malformed_submission'],
    ['no content', change({ content: undefined }), 'malformed_submission'],
    ['an empty content', change({ content: '' }), 'malformed_submission'],
    ['no verifier', change({ verifier: undefined }), 'malformed_submission'],
    ['no key', change({ verifier: { keyDetails: DETAILS.p256 } }), 'key_missing'],
    ['an empty key', verified({ publicKey: {}, keyDetails: DETAILS.p256 }), 'key_missing'],
    ['two keys', verified({ ...publicKey(key), ...x509(key), keyDetails: DETAILS.p256 }), 'malformed_submission'],
    ['no keyDetails', verified(publicKey(key)), 'malformed_submission'],
    ['keyDetails unspecified', verified({ ...publicKey(key), keyDetails: 0 }), 'malformed_submission'],
    [
      'a public key as certificate',
      verified({ x509Certificate: publicKey(key).publicKey, keyDetails: DETAILS.p256 }),
      'malformed_certificate',
    ],
    [
      'a certificate as public key',
      verified({ publicKey: x509(key).x509Certificate, keyDetails: DETAILS.p256 }),
      'malformed_key',
    ],
    [
      'PEM instead of DER',
      verified({ publicKey: { rawBytes: toBase64(utf8(key.pem)) }, keyDetails: DETAILS.p256 }),
      'malformed_key',
    ],
    ['keyDetails of another key type', verified({ ...publicKey(key), keyDetails: DETAILS.rsa2048 }), 'unsupported_key'],
    ['keyDetails of another curve', verified({ ...publicKey(key), keyDetails: DETAILS.p384 }), 'unsupported_key'],
    [
      'keyDetails of another padding',
      {
        ...hashedRekord('rsa2048', { ...publicKey(testKey('rsa2048')) }),
        signature: {
          ...hashedRekord('rsa2048').signature,
          verifier: { ...publicKey(testKey('rsa2048')), keyDetails: 'PKIX_RSA_PSS_2048_SHA256' },
        },
      },
      'signature_invalid',
    ],
    [
      'a digest of another hash',
      { ...hashedRekord(), digest: toBase64(hashOf('sha512', MESSAGE)) },
      'signature_invalid',
    ],
    [
      'a digest cut short',
      { ...hashedRekord(), digest: toBase64(hashOf('sha256', MESSAGE).subarray(1)) },
      'signature_invalid',
    ],
    [
      'a signature over another digest',
      { ...hashedRekord(), digest: toBase64(hashOf('sha256', utf8('other'))) },
      'signature_invalid',
    ],
    [
      'another key',
      verified({ ...publicKey(testKey('p256', 'other')), keyDetails: DETAILS.p256 }),
      'signature_invalid',
    ],
    [
      'a private key',
      verified({
        publicKey: { rawBytes: toBase64(Uint8Array.from(key.privateKey.export({ type: 'pkcs8', format: 'der' }))) },
        keyDetails: DETAILS.p256,
      }),
      'private_key_submitted',
    ],
    ['a private key where nothing is read', { digest: key.privatePem }, 'private_key_submitted'],
  ])('is refused with %s', (_, request, expected) => {
    expect(code(asHashedRekord(JSON.parse(JSON.stringify(request))))).toBe(expected);
  });

  it('by pure Ed25519 is refused, with what to do instead', () => {
    const edKey = testKey('ed25519');
    const signature = {
      content: toBase64(signMessage(edKey, MESSAGE)),
      verifier: { ...publicKey(edKey), keyDetails: DETAILS.ed25519 },
    };
    expect(refusal(asHashedRekord({ digest: toBase64(hashOf('sha512', MESSAGE)), signature }))).toMatchObject({
      code: 'unsupported_key',
      message: expect.stringMatching(/PKIX_ED25519_PH.*dsseRequestV002/),
    });
  });
});

function change(signature: Record<string, unknown>): unknown {
  const request = hashedRekord();
  return { ...request, signature: { ...request.signature, ...signature } };
}

function verified(verifier: Record<string, unknown>): unknown {
  return change({ verifier });
}

describe('a dsseRequestV002', () => {
  const signed = envelope(statement(), [key]);
  const verifier = { ...x509(key), keyDetails: DETAILS.p256 };

  it('becomes the dsse leaf, byte for byte, with its payload', () => {
    const entry = prepare(asDsse({ envelope: signed, verifiers: [verifier] }));
    const hash = sha256(utf8(statement()));
    expect(decodeUtf8(entry.leaf)).toBe(
      `{"apiVersion":"0.0.2","kind":"dsse","spec":{"dsseV002":{"payloadHash":{"algorithm":"SHA2_256","digest":"${toBase64(hash)}"},` +
        `"signatures":[{"content":"${signed.signatures[0]!.sig}","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","x509Certificate":{"rawBytes":"${verifier.x509Certificate.rawBytes}"}}}]}}}`,
    );
    expect(entry.payload).toEqual({ bytes: utf8(statement()), type: IN_TOTO, sha256: hash });
    expect(entry.terms).toContainEqual({ kind: 'subject', value: `sha256:${'ab'.repeat(32)}` });
  });

  it('is the entry that the same submission in our own form is, keyids included', () => {
    const withId = { ...signed, signatures: [{ ...signed.signatures[0], keyid: 'k1' }] };
    const request = { envelope: withId, verifiers: [{ ...publicKey(key), keyDetails: DETAILS.p256 }] };
    const own = prepareSubmission({ envelope: withId, publicKey: key.pem, leaf: 'dsse' }, portableChecks);
    expect(prepare(asDsse(request))).toEqual(own);
    expect(own.companion?.keyids).toEqual(['k1']);
  });

  it.each<KeyName>(['p384', 'p521', 'rsa2048', 'ed25519'])('by %s is accepted', (kind) => {
    const one = testKey(kind);
    const request = {
      envelope: envelope(statement(), [one]),
      verifiers: [{ ...publicKey(one), keyDetails: DETAILS[kind] }],
    };
    expect(decodeUtf8(prepare(asDsse(request)).leaf)).toContain(`"keyDetails":"${DETAILS[kind]}"`);
  });

  it('finds the verifier of each of several signatures, and sorts them by their bytes', () => {
    const keys = [testKey('p256'), testKey('p384'), testKey('ed25519'), testKey('rsa2048')];
    const kinds = ['p256', 'p384', 'ed25519', 'rsa2048'] as const;
    const many = envelope(statement(), keys);
    many.signatures.forEach((signature, i) => {
      signature.keyid = kinds[i];
    });
    const verifiers = kinds.map((kind, i) => ({ ...publicKey(keys[i]!), keyDetails: DETAILS[kind] })).reverse();
    const entry = prepare(asDsse({ envelope: many, verifiers }));
    const leaf = JSON.parse(decodeUtf8(entry.leaf)!);
    const contents: string[] = leaf.spec.dsseV002.signatures.map(({ content }: { content: string }) => content);
    const sorted = many.signatures
      .map(({ sig, keyid }) => ({ sig: String(sig), keyid: String(keyid) }))
      .sort((a, b) => compareBytes(fromBase64(a.sig), fromBase64(b.sig)));
    expect(contents).toEqual(sorted.map(({ sig }) => sig));
    expect(
      leaf.spec.dsseV002.signatures.map((one: { verifier: { keyDetails: string } }) => one.verifier.keyDetails),
    ).toEqual(sorted.map(({ keyid }) => DETAILS[keyid as KeyName]));
    expect(entry.companion?.keyids).toEqual(sorted.map(({ keyid }) => keyid));
  });

  it('may bring a verifier more than it has signatures', () => {
    const more = [{ ...publicKey(testKey('p384')), keyDetails: DETAILS.p384 }, verifier];
    expect(prepare(asDsse({ envelope: signed, verifiers: more })).signers).toEqual([sha256(key.spki)]);
  });

  it.each<[string, unknown, string]>([
    ['no envelope', { verifiers: [verifier] }, 'malformed_submission'],
    ['no verifiers', { envelope: signed }, 'key_missing'],
    ['an empty list of verifiers', { envelope: signed, verifiers: [] }, 'key_missing'],
    ['a verifier that is null', { envelope: signed, verifiers: [null] }, 'malformed_submission'],
    ['eleven verifiers', { envelope: signed, verifiers: Array(11).fill(verifier) }, 'limit_exceeded'],
    ['no signature', { envelope: { ...signed, signatures: [] }, verifiers: [verifier] }, 'limit_exceeded'],
    [
      'eleven signatures',
      { envelope: { ...signed, signatures: Array(11).fill(signed.signatures[0]) }, verifiers: [verifier] },
      'limit_exceeded',
    ],
    [
      'one signature twice',
      { envelope: { ...signed, signatures: [signed.signatures[0], signed.signatures[0]] }, verifiers: [verifier] },
      'malformed_envelope',
    ],
    ['an empty signature', { envelope: { ...signed, signatures: [{}] }, verifiers: [verifier] }, 'malformed_envelope'],
    [
      'one of two signatures by nobody',
      { envelope: envelope(statement(), [key, testKey('p256', 'stranger')]), verifiers: [verifier] },
      'signature_invalid',
    ],
    [
      'another payload',
      { envelope: { ...signed, payload: toBase64(utf8(statement('cd'.repeat(32)))) }, verifiers: [verifier] },
      'signature_invalid',
    ],
    [
      'no payload type',
      { envelope: { ...signed, payloadType: undefined }, verifiers: [verifier] },
      'unsupported_payload_type',
    ],
    ['a payload that is not JSON', { envelope: envelope('{', [key]), verifiers: [verifier] }, 'malformed_statement'],
    [
      'keyDetails of another curve',
      {
        envelope: envelope(statement(), [testKey('p384')]),
        verifiers: [{ ...x509(testKey('p384')), keyDetails: DETAILS.p256 }],
      },
      'unsupported_key',
    ],
    [
      'a member of our own envelopes',
      { envelope: { ...signed, signatures: [{ ...signed.signatures[0], cert: 'x' }] }, verifiers: [verifier] },
      'malformed_submission',
    ],
    [
      'a signature that PSS made under a name that says otherwise',
      { envelope: pssEnvelope(), verifiers: [{ ...publicKey(testKey('rsa2048')), keyDetails: DETAILS.rsa2048 }] },
      'signature_invalid',
    ],
  ])('is refused with %s', (_, request, expected) => {
    expect(code(asDsse(JSON.parse(JSON.stringify(request))))).toBe(expected);
  });
});

function pssEnvelope() {
  const message = pae(IN_TOTO, utf8(statement()));
  const sig = toBase64(signMessage(testKey('rsa2048'), message, { pss: true }));
  return { ...envelope(statement(), []), signatures: [{ sig }] };
}

it.each<[string, unknown]>([
  ['nothing', {}],
  ['null', null],
  ['both kinds', { ...asHashedRekord(hashedRekord()), ...asDsse({}) }],
  ['one kind by both names', { ...asHashedRekord(hashedRekord()), hashed_rekord_request_v002: null }],
  ['a kind that is not known', { ...asHashedRekord(hashedRekord()), intotoRequest: {} }],
  ['one of our own', { artifact: { sha256: 'ab'.repeat(32) }, signature: 'AA==', publicKey: key.pem }],
])('a request with %s is refused', (_, request) => {
  expect(code(request)).toBe('malformed_submission');
});
