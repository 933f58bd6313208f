import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { isStatementType, readStatement } from '../../../src/entry/leaf/statement.ts';
import { IN_TOTO, statement } from '../../fixtures/make.ts';
import { codeOf } from '../code-of.ts';

const read = (text: string, type = IN_TOTO) => readStatement(utf8(text), type);

describe('a statement', () => {
  it('states its subjects with all their digests', () => {
    const subject = [
      { name: 'a', digest: { sha256: 'ABcd', gitCommit: '00ff' } },
      { uri: 'https://example.com', digest: { gce_image_id: 'Image-7' } },
      { name: 'no digest' },
    ];
    const found = read(statement('', { subject }))!;
    expect(found.predicateType).toBe('https://slsa.dev/provenance/v1');
    expect(found.subjects.map(({ digests }) => Object.fromEntries(digests))).toEqual([
      { sha256: 'abcd', gitCommit: '00ff' },
      { gce_image_id: 'Image-7' },
      {},
    ]);
  });

  it('is read in version 0.1 too', () => {
    expect(read(statement('ab', { _type: 'https://in-toto.io/Statement/v0.1' }))?.type).toMatch(/v0\.1$/);
  });

  it.each([
    ['JSON without _type', '{"subject":[]}'],
    ['a list', '[]'],
    ['another _type', statement('ab', { _type: 'https://in-toto.io/Statement/v2' })],
    ['no predicateType', statement('ab', { predicateType: undefined })],
  ])('is opaque where it is %s', (_, text) => {
    expect(read(text)).toBeUndefined();
  });

  it.each([
    ['no subject list', undefined],
    ['subjects that are no objects', [1, 'x', null]],
    ['digests that are no texts', [{ name: 'a', digest: { sha256: 7 } }]],
  ])('with %s states no digest', (_, subject) => {
    expect(read(statement('', { subject }))!.subjects.flatMap(({ digests }) => [...digests])).toEqual([]);
  });

  it.each([
    ['no JSON', 'hello'],
    ['a repeated name', '{"_type":"a","_type":"b"}'],
    ['a byte order mark', '\ufeff{}'],
    ['two documents', '{}{}'],
  ])('is malformed where the payload is %s', (_, text) => {
    expect(codeOf(() => read(text))).toBe('malformed_statement');
    expect(read(text, 'text/plain')).toBeUndefined();
  });

  it('is malformed where the payload is not UTF-8', () => {
    expect(codeOf(() => readStatement(Uint8Array.of(0xff), IN_TOTO))).toBe('malformed_statement');
  });

  it('may hold integers beyond 2^53, which nobody here reads', () => {
    expect(
      read(`{"predicate":{"nanoseconds":1763850000000000001},${statement().slice(1)}`.replace(',"predicate":{}', '')),
    ).toBeDefined();
  });

  it.each([
    [IN_TOTO, true],
    ['application/vnd.in-toto.provenance+json', true],
    ['application/vnd.in-toto2+json', false],
    ['application/vnd.in-toto+jsonA', false],
    ['application/json', false],
  ])('is expected for %s: %s', (type, expected) => {
    expect(isStatementType(type)).toBe(expected);
  });
});
