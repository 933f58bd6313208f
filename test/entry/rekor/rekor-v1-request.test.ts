import { describe, expect, it } from 'vitest';
import { decodeUtf8, fromBase64, toBase64, toHex, utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { encodeLeaf, parseLeaf } from '../../../src/entry/leaf/leaf.ts';
import { lookupTerms } from '../../../src/entry/leaf/lookup.ts';
import { leafBindsPayload } from '../../../src/entry/leaf/payload-binding.ts';
import { prepareRekorV1Request } from '../../../src/entry/rekor/rekor-v1-request.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { envelope, IN_TOTO, type KeyName, otherS, signMessage, statement, testKey } from '../../fixtures/make.ts';
import { certificate, email, pem } from '../../fixtures/make-certificate.ts';
import { base64, dsseRequest, hashedRekordRequest, intotoRequest } from '../../fixtures/rekor-v1.ts';
import { codeOf } from '../code-of.ts';

const key = testKey('p256');
const ca = { key: testKey('p384', 'ca'), name: 'ca' };
const certificatePem = pem('CERTIFICATE', certificate({ key, issuer: ca, names: [email('dev@example.com')] }));
const rootPem = pem('CERTIFICATE', certificate({ key: ca.key, name: 'ca' }));
const artifact = utf8('the artifact');
const signed = envelope(statement(), [key]);
const sig = String(signed.signatures[0]!.sig);
const payloadHash = toHex(sha256(utf8(statement())));

const prepare = (value: unknown) => prepareRekorV1Request(value, portableChecks);
const code = (value: unknown) => codeOf(() => prepare(value));
const text = (value: unknown) => decodeUtf8(prepare(value).leaf);

const hashedRekord = hashedRekordRequest(artifact, key);
const dsse = dsseRequest(signed, [key.pem]);
const intoto = intotoRequest(signed, [key.pem]);

describe('a hashedrekord request', () => {
  it('becomes the leaf of Rekor v1, byte for byte', () => {
    const { hash } = hashedRekord.spec.data;
    const { content } = hashedRekord.spec.signature;
    expect(text(hashedRekord)).toBe(
      `{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"${hash.value}"}},` +
        `"signature":{"content":"${content}","publicKey":{"content":"${base64(key.pem)}"}}}}`,
    );
  });

  it('is the event that the same signature is in our own form', () => {
    const { hash } = hashedRekord.spec.data;
    const own = {
      artifact: { sha256: hash.value },
      signature: hashedRekord.spec.signature.content,
      publicKey: key.pem,
    };
    expect(prepare(hashedRekord).eventIds).toEqual(prepareSubmission(own, portableChecks).eventIds);
  });

  it.each<[KeyName, 'sha256' | 'sha384' | 'sha512']>([
    ['p384', 'sha384'],
    ['p384', 'sha256'],
    ['p521', 'sha512'],
    ['rsa2048', 'sha256'],
  ])('by %s may be over a %s', (kind, algorithm) => {
    const request = hashedRekordRequest(artifact, testKey(kind), undefined, algorithm);
    expect(parseLeaf(prepare(request).leaf)).toMatchObject({ kind: 'hashedrekord', digest: expect.any(Uint8Array) });
  });

  it('gives one leaf, however its hexadecimal and its PEM are spelled', () => {
    const { hash } = hashedRekord.spec.data;
    const { content } = hashedRekord.spec.signature;
    const spelled = {
      ...hashedRekord,
      spec: {
        data: { hash: { ...hash, value: hash.value.toUpperCase() } },
        signature: { content, publicKey: { content: base64(`\n${key.pem.replaceAll('\n', '\r\n')}\n`) } },
      },
    };
    expect(text(spelled)).toBe(text(hashedRekord));
  });

  it('keeps the certificates above its own beside the leaf, which has one', () => {
    const entry = prepare(hashedRekordRequest(artifact, key, certificatePem + rootPem));
    expect(decodeUtf8(entry.leaf)).toContain(`"publicKey":{"content":"${base64(certificatePem)}"}`);
    expect(entry.companion?.chain.map((der) => pem('CERTIFICATE', der))).toEqual([rootPem]);
    expect(entry.terms).toContainEqual({ kind: 'identity', value: 'dev@example.com' });
  });
});

describe('a dsse request', () => {
  it('becomes the leaf of Rekor v1, byte for byte', () => {
    const envelopeHash = toHex(sha256(utf8(dsse.spec.proposedContent.envelope)));
    expect(text(dsse)).toBe(
      `{"apiVersion":"0.0.1","kind":"dsse","spec":{"envelopeHash":{"algorithm":"sha256","value":"${envelopeHash}"},` +
        `"payloadHash":{"algorithm":"sha256","value":"${payloadHash}"},` +
        `"signatures":[{"signature":"${sig}","verifier":"${base64(key.pem)}"}]}}`,
    );
  });

  it('takes what clients in Go leave for the log to fill in', () => {
    const unfilled = { ...dsse, spec: { ...dsse.spec, signatures: null } };
    expect(text(unfilled)).toBe(text(dsse));
  });

  it('hashes the envelope’s text as it came', () => {
    const { envelope: compact, verifiers } = dsse.spec.proposedContent;
    const spaced = JSON.stringify(JSON.parse(compact), null, 1);
    const other = { ...dsse, spec: { proposedContent: { envelope: spaced, verifiers } } };
    expect(text(other)).toContain(toHex(sha256(utf8(spaced))));
    expect(prepare(other).eventIds).toEqual(prepare(dsse).eventIds);
  });

  it('keeps its payload and is found by the envelope’s hash', () => {
    const entry = prepare(dsse);
    expect(entry.payload).toEqual({ bytes: utf8(statement()), type: IN_TOTO, sha256: sha256(utf8(statement())) });
    expect(entry.terms).toEqual(lookupTerms(entry.leaf, entry.payload));
    const value = `sha256:${toHex(sha256(utf8(dsse.spec.proposedContent.envelope)))}`;
    expect(entry.terms).toContainEqual({ kind: 'subject', value });
  });

  it('with several signatures takes the verifiers in any order, and sorts by base64', () => {
    const keys = [testKey('p256', 'b'), testKey('ed25519'), testKey('rsa2048'), key];
    const several = envelope(statement(), keys);
    several.signatures.forEach((signature, i) => {
      signature.keyid = `key ${i}`;
    });
    const request = dsseRequest(
      several,
      [...keys].reverse().map((one) => one.pem),
    );
    const entry = prepare(request);
    const leaf = parseLeaf(entry.leaf);
    const order = several.signatures.map((one) => String(one.sig)).sort();
    expect(leaf.signatures.map(({ signature }) => toBase64(signature))).toEqual(order);
    expect(entry.signers).toHaveLength(4);
    const reversed = JSON.parse(decodeUtf8(entry.leaf)!);
    reversed.spec.signatures.reverse();
    expect(codeOf(() => parseLeaf(utf8(JSON.stringify(reversed))))).toBe('malformed_leaf');
    const keyids = order.map((one) => several.signatures.find((given) => given.sig === one)!.keyid);
    expect(entry.companion?.keyids).toEqual(keyids);
    expect(
      prepare(
        dsseRequest(
          several,
          keys.map((one) => one.pem),
        ),
      ).leaf,
    ).toEqual(entry.leaf);
  });

  it('may name a verifier twice', () => {
    expect(prepare(dsseRequest(signed, [key.pem, key.pem])).leaf).toEqual(prepare(dsse).leaf);
  });

  it('is refused where a verifier is of no use, or a signature has none', () => {
    const keys = [key, testKey('p256', 'b')];
    const pems = keys.map((one) => one.pem);
    expect(code(dsseRequest(signed, pems))).toBe('signature_invalid');
    expect(code(dsseRequest(envelope(statement(), keys), pems.slice(1)))).toBe('signature_invalid');
  });
});

describe('an intoto request', () => {
  const { hash } = intoto.spec.content;

  it('becomes the leaf of Rekor v1, byte for byte', () => {
    expect(text(intoto)).toBe(
      `{"apiVersion":"0.0.2","kind":"intoto","spec":{"content":{"envelope":{"payloadType":"${IN_TOTO}",` +
        `"signatures":[{"publicKey":"${base64(key.pem)}","sig":"${base64(sig)}"}]},` +
        `"hash":{"algorithm":"sha256","value":"${hash.value}"},"payloadHash":{"algorithm":"sha256","value":"${payloadHash}"}}}}`,
    );
  });

  it('keeps the PEM and the keyid as they came', () => {
    const spelled = key.pem.trimEnd();
    const named = { ...signed, signatures: [{ ...signed.signatures[0], keyid: 'a "key"' }] };
    const { leaf, payload } = prepare(intotoRequest(named, [spelled]));
    expect(parseLeaf(leaf).signatures).toMatchObject([{ pem: spelled, keyid: 'a "key"' }]);
    expect(leafBindsPayload(parseLeaf(leaf), payload!)).toBe(true);
    expect(leafBindsPayload(parseLeaf(leaf), { ...payload!, type: 'text/plain' })).toBe(false);
  });

  it('may state the payload’s hash, if it is the right one', () => {
    const stated = (value: string) => ({
      ...intoto,
      spec: { content: { ...intoto.spec.content, payloadHash: { algorithm: 'sha256', value } } },
    });
    expect(text(stated(payloadHash))).toBe(text(intoto));
    expect(code(stated(hash.value))).toBe('malformed_submission');
  });

  it('checks each signature with the key beside it', () => {
    const keys = [key, testKey('ed25519')];
    const several = envelope(statement(), keys);
    const pems = keys.map((one) => one.pem);
    const { leaf } = prepare(intotoRequest(several, pems));
    expect(parseLeaf(leaf).signatures.map(({ verifier }) => toBase64(verifier.key.spki))).toEqual(
      keys.map(({ spki }) => toBase64(spki)),
    );
    expect(code(intotoRequest(several, [...pems].reverse()))).toBe('signature_invalid');
  });
});

describe.each([
  ['hashedrekord', hashedRekord],
  ['dsse', dsse],
  ['intoto', intoto],
])('the leaf of a %s request', (_, request) => {
  const { leaf } = prepare(request);

  it('is read back and written again', () => {
    expect(encodeLeaf(parseLeaf(leaf))).toEqual(leaf);
  });

  it('is read in no other spelling', () => {
    const json = decodeUtf8(leaf)!;
    const other = [
      json.replace('{', '{ '),
      json.replace('"sha256"', '"SHA256"'),
      json.replace('sha256', 'sha512'),
      json.replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase()),
      json.replace(/[0-9a-f]{64}/, (hex) => hex.slice(2)),
      json.replace('"spec":', '"more":1,"spec":'),
      json.replace(/"0.0.[12]"/, '"0.0.3"'),
      json.replace(/"LS0tLS1/, '"IExTMHRMUz'),
      json.replace(/"(publicKey|verifier)":/, '"other":'),
      `${json}\n`,
    ];
    for (const one of other) {
      expect(one).not.toBe(json);
      expect(codeOf(() => parseLeaf(utf8(one)))).toBe('malformed_leaf');
    }
  });

  it('is another one with n - s, and the same event', () => {
    const twin = JSON.parse(JSON.stringify(request).replaceAll(signatureOf(request), (own) => flipped(own)));
    expect(prepare(twin).leafHash).not.toEqual(prepare(request).leafHash);
    expect(prepare(twin).eventIds).toEqual(prepare(request).eventIds);
  });
});

/** The signature's base64 as the request has it. */
function signatureOf(request: typeof hashedRekord | typeof dsse | typeof intoto): string {
  if ('data' in request.spec) return request.spec.signature.content;
  return 'content' in request.spec ? base64(sig) : sig;
}

function flipped(own: string): string {
  const twin = (text: string) => toBase64(otherS(fromBase64(text)));
  return own === base64(sig) ? base64(twin(sig)) : twin(own);
}

describe('a request', () => {
  const clone = <T>(value: T): T => structuredClone(value);
  const changed = <T>(request: T, change: (copy: T) => void): T => {
    const copy = clone(request);
    change(copy);
    return copy;
  };

  it.each<[string, unknown, string]>([
    ['that is no object', [], 'malformed_submission'],
    ['that is null', null, 'malformed_submission'],
    ['of no kind', {}, 'malformed_submission'],
    ['of another kind', { ...dsse, kind: 'rekord' }, 'malformed_submission'],
    ['of another version', { ...dsse, apiVersion: '0.0.2' }, 'malformed_submission'],
    ['whose kind is no text', { ...dsse, kind: { toString: 1 } }, 'malformed_submission'],
    ['with a member too many', { ...dsse, more: 1 }, 'malformed_submission'],
    ['without a spec', { kind: 'dsse', apiVersion: '0.0.1' }, 'malformed_submission'],
    ['whose spec is null', { ...hashedRekord, spec: null }, 'malformed_submission'],
    [
      'with what only the log states',
      changed(dsse, (copy) => Object.assign(copy.spec, { payloadHash: {} })),
      'malformed_submission',
    ],
    [
      'whose envelope is no JSON',
      changed(dsse, (copy) => (copy.spec.proposedContent.envelope = '{')),
      'malformed_json',
    ],
    [
      'whose envelope is an object',
      changed(dsse, (copy) => Object.assign(copy.spec.proposedContent, { envelope: signed })),
      'malformed_submission',
    ],
    [
      'whose envelope repeats a name',
      changed(dsse, (copy) => (copy.spec.proposedContent.envelope = '{"payload":"","payload":""}')),
      'malformed_json',
    ],
    ['without verifiers', changed(dsse, (copy) => (copy.spec.proposedContent.verifiers = [])), 'key_missing'],
    ['with eleven verifiers', dsseRequest(signed, Array(11).fill(key.pem)), 'limit_exceeded'],
    [
      'whose verifier is no base64',
      changed(dsse, (copy) => (copy.spec.proposedContent.verifiers = ['?'])),
      'malformed_base64',
    ],
    ['whose verifier is no PEM', dsseRequest(signed, ['key']), 'malformed_key'],
    [
      'whose verifier is no text',
      changed(dsse, (copy) => (copy.spec.proposedContent.verifiers = [toBase64(Uint8Array.of(0xff))])),
      'malformed_submission',
    ],
    ['whose verifier has something around it', dsseRequest(signed, [`a key:\n${key.pem}`]), 'malformed_key'],
    [
      'with the same signature twice',
      dsseRequest({ ...signed, signatures: [signed.signatures[0]!, signed.signatures[0]!] }, [key.pem]),
      'malformed_envelope',
    ],
    ['whose payload is no statement’s JSON', dsseRequest(envelope('{', [key]), [key.pem]), 'malformed_statement'],
    [
      'over a digest of another length',
      changed(hashedRekord, (copy) => (copy.spec.data.hash.value = 'ab')),
      'malformed_submission',
    ],
    [
      'over an unknown hash',
      changed(hashedRekord, (copy) => (copy.spec.data.hash.algorithm = 'md5')),
      'malformed_submission',
    ],
    [
      'over no hexadecimal',
      changed(hashedRekord, (copy) => (copy.spec.data.hash.value = 'x'.repeat(64))),
      'malformed_hex',
    ],
    [
      'over another digest',
      changed(hashedRekord, (copy) => (copy.spec.data.hash.value = '00'.repeat(32))),
      'signature_invalid',
    ],
    ['by another key', hashedRekordRequest(artifact, key, testKey('p256', 'b').pem), 'signature_invalid'],
    ['without a signature', changed(hashedRekord, (copy) => (copy.spec.signature.content = '')), 'signature_invalid'],
    [
      'by a pure Ed25519 signature over a digest',
      {
        ...hashedRekord,
        spec: {
          data: { hash: { algorithm: 'sha512', value: 'ab'.repeat(64) } },
          signature: {
            content: toBase64(signMessage(testKey('ed25519'), artifact)),
            publicKey: { content: base64(testKey('ed25519').pem) },
          },
        },
      },
      'signature_invalid',
    ],
    [
      'without the envelope’s hash',
      changed(intoto, (copy) => Object.assign(copy.spec.content, { hash: null })),
      'malformed_submission',
    ],
    [
      'with another hash of the envelope',
      changed(intoto, (copy) => Object.assign(copy.spec.content.hash, { algorithm: 'sha512', value: 'ab'.repeat(64) })),
      'malformed_submission',
    ],
    [
      'without a payload',
      changed(intoto, (copy) => Object.assign(copy.spec.content.envelope, { payload: undefined })),
      'malformed_submission',
    ],
    [
      'whose payload is in base64 once',
      changed(intoto, (copy) => (copy.spec.content.envelope.payload = signed.payload)),
      'malformed_base64',
    ],
    ['with a leaf that is too long', intotoRequest(signed, [`${key.pem}${'\n'.repeat(60_000)}`]), 'limit_exceeded'],
    ['that holds its private key', dsseRequest(signed, [key.privatePem]), 'private_key_submitted'],
    [
      'with a private key in its keyid',
      intotoRequest({ ...signed, signatures: [{ sig, keyid: key.privatePem }] }, [key.pem]),
      'private_key_submitted',
    ],
    [
      'with a private key in its envelope',
      dsseRequest({ ...signed, payload: base64(key.privatePem) }, [key.pem]),
      'private_key_submitted',
    ],
  ])('%s is refused', (_, request, expected) => {
    expect(code(request)).toBe(expected);
  });
});
