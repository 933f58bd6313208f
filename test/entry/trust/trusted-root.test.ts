import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64, toHex } from '../../../src/core/bytes.ts';
import { isLogError } from '../../../src/core/errors.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { isWithin } from '../../../src/entry/trust/time-range.ts';
import { readTrustedRoot } from '../../../src/entry/trust/trusted-root.ts';
import { testKey } from '../../fixtures/make.ts';
import { certificate } from '../../fixtures/make-certificate.ts';
import { SHARED_ABSENT, shared } from '../../shared.ts';
import { codeOf } from '../code-of.ts';

const key = testKey('p256');
const ca = testKey('p384', 'ca');
const validFor = { start: '2026-01-01T00:00:00Z' };
const publicKey = { rawBytes: toBase64(key.spki), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor };
const logId = { keyId: toBase64(sha256(key.spki)) };
const log = { baseUrl: 'https://log.example', hashAlgorithm: 'SHA2_256', publicKey, logId };
const certChain = { certificates: [{ rawBytes: toBase64(certificate({ key: ca, name: 'ca' })) }] };
const authority = { subject: { commonName: 'ca' }, uri: 'https://ca.example', certChain, validFor };
const root = {
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [log],
  certificateAuthorities: [authority],
  ctlogs: [log],
  timestampAuthorities: [authority],
};

function whereWrong(value: unknown): string | undefined {
  try {
    readTrustedRoot(value);
  } catch (error) {
    if (isLogError(error, 'malformed_trusted_root')) return error.at ?? 'root';
    throw error;
  }
  return undefined;
}

describe('a trusted root', () => {
  it('is read whole', () => {
    const read = readTrustedRoot(root);
    expect(read.tlogs[0]).toMatchObject({ baseUrl: 'https://log.example', validFor: { start: 1_767_225_600 } });
    expect(read.tlogs[0]!.key?.scheme.keyDetails).toBe('PKIX_ECDSA_P256_SHA_256');
    expect(toHex(read.ctlogs[0]!.logId)).toBe(toHex(sha256(key.spki)));
    expect(read.certificateAuthorities[0]!.certificates).toHaveLength(1);
    expect(read.timestampAuthorities[0]!.uri).toBe('https://ca.example');
  });

  it.each(['+json;version=0.2', '.v0.1+json', '.v0.2+json'])('may be of media type …%s', (ending) => {
    expect(whereWrong({ ...root, mediaType: `application/vnd.dev.sigstore.trustedroot${ending}` })).toBeUndefined();
  });

  it.each([undefined, 'application/vnd.dev.sigstore.trustedroot.v0.3+json', 'application/json'])(
    'may not be of media type %s',
    (mediaType) => {
      expect(whereWrong({ ...root, mediaType })).toBe('root');
    },
  );

  it('may have members that are not known here', () => {
    const more = { ...root, witnesses: [], tlogs: [{ ...log, operator: 'example' }] };
    expect(whereWrong(more)).toBeUndefined();
  });

  it('may lack whole lists', () => {
    expect(readTrustedRoot({ mediaType: root.mediaType })).toMatchObject({ tlogs: [], timestampAuthorities: [] });
  });

  it('may name a log whose key is of an unknown kind, which then verifies nothing', () => {
    const unknown = { ...log, publicKey: { ...publicKey, rawBytes: 'AAAA', keyDetails: 'ML_DSA_65' } };
    expect(readTrustedRoot({ ...root, tlogs: [unknown] }).tlogs[0]!.key).toBeUndefined();
  });

  it('does not take a key for what it is not', () => {
    const other = { ...log, publicKey: { ...publicKey, keyDetails: 'PKIX_ED25519' } };
    expect(readTrustedRoot({ ...root, tlogs: [other] }).tlogs[0]!.key).toBeUndefined();
  });

  it('may hold an RSA key in PKCS#1 form', () => {
    const { publicKey: rsa, spki } = testKey('rsa2048');
    const rawBytes = rsa.export({ type: 'pkcs1', format: 'der' }).toString('base64');
    const old = { ...log, publicKey: { rawBytes, keyDetails: 'PKCS1_RSA_PKCS1V5', validFor } };
    const read = readTrustedRoot({ ...root, ctlogs: [old] }).ctlogs[0]!.key!;
    expect([toHex(read.key.spki), read.scheme.algorithm]).toEqual([toHex(spki), 'rsa-pkcs1v15']);
  });

  it('may give the id of the key that signs checkpoints', () => {
    const named = { ...log, checkpointKeyId: { keyId: 'AQIDBA==' } };
    expect(readTrustedRoot({ ...root, tlogs: [named] }).tlogs[0]!.checkpointKeyId).toEqual(fromBase64('AQIDBA=='));
  });

  const empty = { ...authority, certChain: { certificates: [] } };
  it.each<[string, string, object]>([
    ['a log without its id', 'tlogs[0].logId', { tlogs: [{ ...log, logId: undefined }] }],
    ['a log without a key', 'tlogs[0].publicKey', { tlogs: [{ ...log, publicKey: undefined }] }],
    ['a log with another hash', 'tlogs[0]', { tlogs: [{ ...log, hashAlgorithm: 'SHA2_512' }] }],
    ['a key that is no base64', 'tlogs[0]', { tlogs: [{ ...log, publicKey: { ...publicKey, rawBytes: '?' } }] }],
    ['an authority without certificates', 'certificateAuthorities[0]', { certificateAuthorities: [empty] }],
    ['the second log', 'ctlogs[1]', { ctlogs: [log, 7] }],
    [
      'a certificate that is none',
      'timestampAuthorities[0]',
      { timestampAuthorities: [{ ...authority, certChain: { certificates: [{ rawBytes: 'MAA=' }] } }] },
    ],
    ['a list that is none', 'tlogs', { tlogs: {} }],
  ])('is refused for %s, and says where', (_, where, change) => {
    expect(whereWrong({ ...root, ...change })).toBe(where);
  });

  it.each<[string, object | undefined]>([
    ['no period', undefined],
    ['a period without start', { end: '2027-01-01T00:00:00Z' }],
    ['a start that is null', { start: null }],
    ['a date that is none', { start: '2026-02-30T00:00:00Z' }],
    ['a time without zone', { start: '2026-02-03T00:00:00' }],
    ['an end before the start', { ...validFor, end: '2025-01-01T00:00:00Z' }],
  ])('is refused where a key has %s', (_, period) => {
    const changed = { ...log, publicKey: { ...publicKey, validFor: period } };
    expect(codeOf(() => readTrustedRoot({ ...root, tlogs: [changed] }))).toBe('malformed_trusted_root');
  });
});

describe('a period of validity', () => {
  const periodOf = (validity: object) =>
    readTrustedRoot({ ...root, certificateAuthorities: [{ ...authority, validFor: validity }] })
      .certificateAuthorities[0]!.validFor;

  it('holds both its ends', () => {
    const period = periodOf({ start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:00:10.5Z' });
    const start = 1_767_225_600;
    expect([start - 0.001, start, start + 10.5, start + 10.501].map((at) => isWithin(period, at))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('need not end', () => {
    expect(isWithin(periodOf(validFor), Number.MAX_SAFE_INTEGER)).toBe(true);
  });

  it('may be written with an offset', () => {
    expect(periodOf({ start: '2026-01-01T02:30:00+02:30' })).toEqual(periodOf(validFor));
  });
});

const real = shared('real');
describe.skipIf(real === undefined)(`real trusted roots${real === undefined ? `: ${SHARED_ABSENT}` : ''}`, () => {
  const files = real === undefined ? [] : readdirSync(real, { recursive: true, encoding: 'utf8' });
  const roots = files.filter((name) => /\.json$/.test(name) && /trusted[-_]?root/.test(name)).sort();
  const parsed = (name: string): unknown => JSON.parse(readFileSync(`${real}/${name}`, 'utf8'));

  it('are read, with every key in them', () => {
    const whole = roots.filter((name) => !/certificate_authority|bundle[.]/.test(name));
    expect(whole.length).toBeGreaterThan(20);
    for (const name of whole) {
      const { tlogs, ctlogs } = readTrustedRoot(parsed(name));
      expect([name, [...tlogs, ...ctlogs].filter(({ key: known }) => known === undefined)]).toEqual([name, []]);
    }
  });

  it('are refused with an authority that has no certificates', () => {
    const name = roots.find((file) => file.endsWith('certificate_authority.empty.json'))!;
    expect(whereWrong({ ...root, certificateAuthorities: [parsed(name)] })).toBe('certificateAuthorities[0]');
  });

  it('may end in an intermediate, which is then the anchor', () => {
    const name = roots.find((file) => file.endsWith('certificate_authority.missingroot.json'))!;
    expect(whereWrong({ ...root, timestampAuthorities: [parsed(name)] })).toBeUndefined();
  });
});
