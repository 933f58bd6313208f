import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, toBase64, toHex, utf8 } from '../../../src/core/bytes.ts';
import { pae, readEnvelope } from '../../../src/entry/leaf/dsse.ts';
import { testKey } from '../../fixtures/make.ts';
import { certificate, pem } from '../../fixtures/make-certificate.ts';
import { codeOf } from '../code-of.ts';

const envelope = (more: Record<string, unknown> = {}) => ({
  payload: 'aGVsbG8=',
  payloadType: 'text/plain',
  signatures: [{ sig: 'AAAA' }],
  ...more,
});

describe('PAE', () => {
  it('is the example of the specification', () => {
    expect(decodeUtf8(pae('http://example.com/HelloWorld', utf8('hello world')))).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('differs wherever type or payload differ', () => {
    const part = fc.tuple(fc.string({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }));
    fc.assert(
      fc.property(part, part, ([type, payload], [otherType, otherPayload]) => {
        const same = type === otherType && toHex(payload) === toHex(otherPayload);
        expect(toHex(pae(type, payload)) === toHex(pae(otherType, otherPayload))).toBe(same);
      }),
    );
    expect(toHex(pae('a 1 b', utf8('c')))).not.toBe(toHex(pae('a', utf8('b 1 c'))));
  });
});

describe('an envelope', () => {
  it('is read with either base64 alphabet, padded or not', () => {
    const payload = Uint8Array.of(0xfb, 0xff, 0xfe, 0x01);
    for (const text of ['+//+AQ==', '-__-AQ==', '-__-AQ', '+//+AQ']) {
      expect(readEnvelope(envelope({ payload: text })).payload).toEqual(payload);
    }
    expect(readEnvelope(envelope({ payload })).payload).toEqual(payload);
  });

  it.each([
    ['a mixed alphabet', '+_8='],
    ['unused bits set', 'aGl='],
    ['white space', 'aG k='],
    ['a line break', 'aGk=\n'],
    ['foreign characters', '!!aGk='],
    ['two texts in a row', 'aGk=aGk='],
    ['one character', 'a'],
    ['padding too long', 'aGk=='],
  ])('is refused with base64 of %s', (_, payload) => {
    expect(codeOf(() => readEnvelope(envelope({ payload })))).toBe('malformed_base64');
  });

  it.each([
    ['no object', [], 'malformed_envelope'],
    ['no payload', envelope({ payload: undefined }), 'malformed_envelope'],
    ['a payload that is a number', envelope({ payload: 1 }), 'malformed_envelope'],
    ['an unknown member', envelope({ extra: 1 }), 'malformed_envelope'],
    ['no payloadType', envelope({ payloadType: undefined }), 'malformed_envelope'],
    ['an empty payloadType', envelope({ payloadType: '' }), 'unsupported_payload_type'],
    ['a payloadType with a line break', envelope({ payloadType: 'a\nb' }), 'unsupported_payload_type'],
    ['a payloadType that is not ASCII', envelope({ payloadType: 'ä' }), 'unsupported_payload_type'],
    ['a payloadType of 256 characters', envelope({ payloadType: 'a'.repeat(256) }), 'unsupported_payload_type'],
    ['signatures that are no list', envelope({ signatures: {} }), 'malformed_envelope'],
    ['no signature', envelope({ signatures: [] }), 'limit_exceeded'],
    ['11 signatures', envelope({ signatures: Array(11).fill({ sig: 'AAAA' }) }), 'limit_exceeded'],
    ['a signature without sig', envelope({ signatures: [{ keyid: 'a' }] }), 'malformed_envelope'],
    ['a signature that is a text', envelope({ signatures: ['AAAA'] }), 'malformed_envelope'],
    ['an unknown signature member', envelope({ signatures: [{ sig: 'AAAA', x: 1 }] }), 'malformed_envelope'],
    ['a keyid that is a number', envelope({ signatures: [{ sig: 'AAAA', keyid: 7 }] }), 'malformed_envelope'],
    ['a keyid of 2 KiB', envelope({ signatures: [{ sig: 'AAAA', keyid: 'k'.repeat(2048) }] }), 'limit_exceeded'],
    ['a cert that is no PEM', envelope({ signatures: [{ sig: 'AAAA', cert: 'x' }] }), 'malformed_certificate'],
  ])('is refused with %s', (_, value, code) => {
    expect(codeOf(() => readEnvelope(value))).toBe(code);
  });

  it('brings the certificates that occur beside signatures in the field', () => {
    const der = certificate({ key: testKey('p256') });
    const text = pem('CERTIFICATE', der);
    const base64 = toBase64(utf8(text));
    const read = readEnvelope(
      envelope({
        signatures: [
          { sig: 'AAAA', cert: text },
          { sig: 'AAAB', certificate: base64, intermediates: [base64], timestamps: [{ type: 'tsp', data: 'MAA=' }] },
        ],
      }),
    );
    expect(read.signatures.map(({ certificates }) => certificates.map((one) => one.der))).toEqual([[der], [der, der]]);
    expect(read.signatures[1]!.timestamps).toEqual([Uint8Array.of(0x30, 0)]);
  });
});
