import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/core/bytes.ts';
import {
  bitString,
  children,
  content,
  DerError,
  integer,
  objectIdentifier,
  positiveInteger,
  readDer,
} from '../../../src/entry/encoding/der.ts';
import { int, oid, sequence } from '../../fixtures/der-writer.ts';

const read = (hex: string) => readDer(fromHex(hex));

describe('the DER reader', () => {
  it.each([
    ['an indefinite length', '3080020101' + '0000'],
    ['a long form for a short length', '308103020101'],
    ['a length with a leading zero', '30820003020101'],
    ['bytes after the end', '3003020101' + '00'],
    ['content cut off', '30040201'],
    ['a length beyond the end', '0485ffffffffff'],
    ['a high tag number', '1f8101' + '00'],
    ['nothing', ''],
    ['a tag alone', '30'],
  ])('refuses %s', (_, hex) => {
    expect(() => children(read(hex))).toThrow(DerError);
  });

  it('refuses an element that reaches beyond its parent', () => {
    expect(() => children(readDer(fromHex('300302020100'.slice(0, 10))))).toThrow(DerError);
  });

  it.each([
    ['padded with zero', '02020001'],
    ['padded with ff', '0202ff80'],
    ['empty', '0200'],
  ])('refuses an integer %s', (_, hex) => {
    expect(() => integer(read(hex))).toThrow(DerError);
  });

  it.each(['020100', '0201ff', '028180'])('refuses %s where a positive integer is needed', (hex) => {
    expect(() => positiveInteger(read(hex))).toThrow(DerError);
  });

  it('refuses bit strings that are not of whole bytes', () => {
    expect(() => bitString(read('03020480'))).toThrow(DerError);
    expect(() => bitString(read('0300'))).toThrow(DerError);
  });

  it.each(['2.5.29.17', '1.3.6.1.4.1.57264.1.24', '0.9.2342', '2.999.3', '2.16.840.1.101.3.4.2.1'])(
    'reads %s',
    (dotted) => {
      const encoded = dotted === '2.999.3' ? fromHex('0603883703') : oid(dotted);
      expect(objectIdentifier(readDer(encoded))).toBe(dotted);
    },
  );

  it.each(['0600', '060180', '06028001', `060a${'ff'.repeat(9)}7f`])('refuses the object identifier %s', (hex) => {
    expect(() => objectIdentifier(read(hex))).toThrow(DerError);
  });

  it('gives the elements of a sequence in order', () => {
    const bytes = sequence(int(1), int(44), sequence());
    expect(children(readDer(bytes)).map(({ tag }) => tag)).toEqual([2, 2, 0x30]);
    expect(content(children(readDer(bytes))[0]!)).toEqual(Uint8Array.of(1));
  });
});
