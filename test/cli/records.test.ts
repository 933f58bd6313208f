import { describe, expect, it } from 'vitest';
import { recordsOf } from '../../src/cli/records.ts';

const envelope = { payload: 'e30=', payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: 'AA==' }] };
const bundle = {
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: {},
  dsseEnvelope: envelope,
};
const pep740 = { version: 1, verification_material: {}, envelope: { statement: 'e30=', signature: 'AA==' } };

function kinds(document: unknown): string[] {
  return recordsOf(document).map(({ kind, error }) => kind ?? error!.code);
}

describe('recordsOf', () => {
  it.each([
    ['an envelope', envelope, ['envelope']],
    ['a bundle', bundle, ['bundle']],
    ['a PEP 740 attestation', pep740, ['pep740']],
    [
      'a PEP 740 provenance document',
      { version: 1, attestation_bundles: [{ attestations: [pep740, pep740] }, { attestations: [pep740] }] },
      ['pep740', 'pep740', 'pep740'],
    ],
    [
      'a document of npm',
      {
        attestations: [
          { predicateType: 'x', bundle },
          { predicateType: 'y', bundle },
        ],
      },
      ['bundle', 'bundle'],
    ],
    [
      'a document of Google Cloud Build',
      { image_summary: {}, provenance_summary: { provenance: [{ envelope }, { build: {} }] } },
      ['envelope', 'malformed_submission'],
    ],
    ['a list', [envelope, bundle, [pep740]], ['envelope', 'bundle', 'pep740']],
    ['a submission with a key', { envelope, publicKey: 'PEM' }, ['submission']],
    ['a submission over an artifact', { artifact: { sha256: 'x' }, signature: 'AA==', publicKey: 'x' }, ['submission']],
    ['a bundle with a key', { bundle, publicKey: 'PEM' }, ['submission']],
  ])('finds %s', (_, document, expected) => {
    expect(kinds(document)).toEqual(expected);
  });

  it.each([
    [
      'an unsigned statement',
      { _type: 'https://in-toto.io/Statement/v1', subject: [], predicateType: 'x' },
      /not signed/,
    ],
    [
      'a trusted root',
      { mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1', tlogs: [] },
      /trusted root/,
    ],
    ['a list of keys', { keys: [{}] }, /key or configuration/],
    [
      'a bundle in another form',
      { media_type: 'x', verification_material: {}, Content: {} },
      /not written as protobuf JSON/,
    ],
    ['any other object', { hello: 'world' }, /neither an attestation/],
    ['a scalar', 7, /neither an attestation/],
    ['an empty list', [], /empty/],
    ['a document without attestations', { attestations: [] }, /lists no attestations/],
  ])('says what is wrong with %s', (_, document, reason) => {
    const [record, ...more] = recordsOf(document);
    expect(more).toEqual([]);
    expect(record!.error).toMatchObject({ code: 'malformed_submission', message: expect.stringMatching(reason) });
  });
});
