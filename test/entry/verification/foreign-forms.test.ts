import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../../src/core/bytes.ts';
import { canonicalBase64, withCanonicalBase64 } from '../../../src/entry/encoding/tolerant-base64.ts';
import { fromPep740, isPep740 } from '../../../src/entry/submission/pep740.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { isTimestampOf } from '../../../src/entry/timestamp/timestamp.ts';
import { type EnvelopeJson, envelope, statement, testKey } from '../../fixtures/make.ts';
import { certificate, pem, timestampResponse, withTrailingByte } from '../../fixtures/make-certificate.ts';
import { NOON, signedStatement, signer, v1Entry, v1Leaf } from '../../fixtures/sigstore-instance.ts';
import { codeOf } from '../code-of.ts';
import type { Issued } from '../x509/issue-certificate.ts';

const key = testKey('p256');
const der = certificate({ key });
const signed = envelope(statement(), [key]);
const attestation = {
  version: 1,
  envelope: { statement: signed.payload, signature: signed.signatures[0]!.sig },
  verification_material: { certificate: toBase64(der), transparency_entries: [{ anything: 1 }] },
};

describe('a PEP 740 attestation', () => {
  it('becomes the bundle of its envelope with its certificate, without entries that are none', () => {
    const [submission, ...more] = fromPep740(attestation);
    expect(more).toEqual([]);
    const plain = { envelope: signed, certificate: pem('CERTIFICATE', der) };
    expect(prepareSubmission(submission, portableChecks)).toMatchObject({
      leaf: prepareSubmission(plain, portableChecks).leaf,
      companion: undefined,
    });
  });

  it('keeps what another log promised', () => {
    const message = signedStatement(statement());
    const { payload, signatures } = (message.content as { dsseEnvelope: EnvelopeJson }).dsseEnvelope;
    const { certificate: issued } = (signer as { certificate: Issued }).certificate;
    const [submission] = fromPep740({
      version: 1,
      envelope: { statement: payload, signature: signatures[0]!.sig },
      verification_material: {
        certificate: toBase64(issued.der),
        transparency_entries: [v1Entry(v1Leaf(message, signer))],
      },
    });
    expect(prepareSubmission(submission, portableChecks).companion?.promises).toMatchObject([{ integratedTime: NOON }]);
  });

  it('is found in a provenance document', () => {
    const document = { version: 1, attestation_bundles: [{ publisher: {}, attestations: [attestation, attestation] }] };
    expect(isPep740(document)).toBe(true);
    expect(fromPep740(document)).toHaveLength(2);
  });

  it.each([
    ['null', null],
    ['an envelope', signed],
    ['no certificate', { ...attestation, verification_material: {} }],
    ['no list of bundles', { attestation_bundles: 7 }],
    ['bundles that are none', { attestation_bundles: [7] }],
  ])('is refused: %s', (_, value) => {
    expect(codeOf(() => fromPep740(value))).toBe('malformed_submission');
  });
});

describe('base64 of the field', () => {
  it.each([
    ['aGk=\n', 'aGk='],
    ['aG\r\nk=', 'aGk='],
    ['aGl=', 'aGk='],
    ['aGk', 'aGk'],
    ['-_-_', '-_-_'],
    ['_x==', '_w=='],
    ['', ''],
  ])('%j is made canonical', (text, expected) => {
    expect(canonicalBase64(text)).toBe(expected);
  });

  it.each(['INVALID!!!', 'aG k=', 'aGk=aGk=', 'ä'])('%j stays as it is, to be refused', (text) => {
    expect(canonicalBase64(text)).toBe(text);
  });

  it('is looked for in byte fields only', () => {
    const document = { payload: 'aGl=', payloadType: 'aGl=', signatures: [{ sig: 'aGl=', keyid: 'aGl=' }] };
    expect(withCanonicalBase64(document)).toEqual({
      payload: 'aGk=',
      payloadType: 'aGl=',
      signatures: [{ sig: 'aGk=', keyid: 'aGl=' }],
    });
  });
});

describe('a timestamp', () => {
  const signature = utf8('signature');
  const response = timestampResponse(signature);

  it('is about one signature', () => {
    expect(isTimestampOf(response, signature)).toBe(true);
    expect(isTimestampOf(response, utf8('other'))).toBe(false);
  });

  it('that is cut, continued or garbled is about none', () => {
    expect(isTimestampOf(withTrailingByte(response), signature)).toBe(false);
    for (let length = 0; length < response.length; length++) {
      expect(isTimestampOf(response.subarray(0, length), signature)).toBe(false);
    }
  });
});
