import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLogError } from '../../../src/core/errors.ts';
import { decodeCompanion } from '../../../src/entry/leaf/companion.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { type TrustedCertificates, verifyTrustedChain } from '../../../src/entry/trust/chain-trust.ts';
import type { TrustedAuthority } from '../../../src/entry/trust/trusted-root.ts';
import { entryStamp } from '../../../src/log/timestamp/entry-stamp.ts';
import { libraryEncoder } from '../../../src/log/timestamp/timestamp-patterns.ts';
import { loadTimestamping } from '../../../src/threads/timestamping.ts';
import { timestampResponse } from '../../fixtures/make-certificate.ts';
import { timestampFixture } from '../../fixtures/timestamps.ts';
import { type Issued, issueCa, issueLeaf } from '../x509/issue-certificate.ts';

const NOW = Math.floor(Date.now() / 1000);
const moment = (seconds: number) => `${new Date(seconds * 1000).toISOString().slice(0, 19).replace(/\D/g, '')}Z`;

const root = issueCa({ name: 'root' });
const middle = issueCa({ name: 'middle', by: root });
const leaf = issueLeaf({ name: 'leaf', by: middle });
/** Valid for ten minutes, an hour from now. */
const brief = issueLeaf({ name: 'brief', by: middle, notBefore: moment(NOW + 3600), notAfter: moment(NOW + 4200) });
const signature = Uint8Array.of(1, 2, 3);

const authority = (certificates: Issued[], start = 0, end?: number): TrustedAuthority => ({
  uri: 'https://ca.example',
  certificates: certificates.map(({ certificate }) => certificate),
  validFor: { start, end },
});

interface Along {
  chain?: Issued[];
  timestamps?: Uint8Array[];
  time?: number;
}

function verdict(
  of: Issued,
  trusted: Partial<TrustedCertificates>,
  { chain = [], timestamps = [], time = NOW }: Along = {},
) {
  const certificates = chain.map(({ certificate }) => certificate);
  const none = { roots: [], intermediates: [], authorities: [], timestampAuthorities: [] };
  const signed = { signature, certificate: of.certificate, chain: certificates, timestamps };
  try {
    return verifyTrustedChain(signed, time, { ...none, ...trusted }, portableChecks).length;
  } catch (error) {
    if (isLogError(error, 'certificate_rejected')) return error.message;
    throw error;
  }
}

describe('a root', () => {
  const roots = [root.certificate];

  it('is reached over what is known and over what came along', () => {
    expect(verdict(leaf, { roots, intermediates: [middle.certificate] })).toBe(3);
    expect(verdict(leaf, { roots }, { chain: [middle] })).toBe(3);
    expect(verdict(leaf, { roots })).toMatch('its issuer is neither');
  });

  it('is not what came along', () => {
    expect(verdict(leaf, { roots: [issueCa({ name: 'other' }).certificate] }, { chain: [middle, root] })).toMatch(
      'neither',
    );
  });
});

describe('an authority of a trusted root', () => {
  it('is reached over its own chain alone', () => {
    expect(verdict(leaf, { authorities: [authority([middle, root])] })).toBe(3);
    expect(verdict(leaf, { authorities: [authority([root])] }, { chain: [middle] })).toMatch('neither');
  });

  it('counts for its own period, both ends included', () => {
    const from = (start: number, end?: number) =>
      verdict(leaf, { authorities: [authority([middle, root], start, end)] });
    expect(from(NOW, NOW)).toBe(3);
    expect(from(NOW + 1)).toMatch('no certificate authority was trusted');
    expect(from(0, NOW - 1)).toMatch('no certificate authority was trusted');
  });

  it('is one of several', () => {
    expect(verdict(leaf, { authorities: [authority([issueCa({ name: 'other' })]), authority([middle, root])] })).toBe(
      3,
    );
  });
});

describe('a timestamp', () => {
  let fixture: Awaited<ReturnType<typeof timestampFixture>>;
  let stamp: Uint8Array;
  const trusted: Partial<TrustedCertificates> = { roots: [root.certificate], intermediates: [middle.certificate] };
  const stampAt = async (seconds: number, of = signature) => {
    const { stamping } = await loadTimestamping(fixture.folder, libraryEncoder, () => seconds * 1000);
    const entry = { certified: [{ signature: of, certificate: brief.certificate }] };
    return decodeCompanion(entryStamp(stamping, () => seconds * 1000)(entry)!).timestamps[0]!;
  };
  const timestampAuthorities = (): TrustedAuthority[] => [
    { uri: '', certificates: fixture.key.chain, validFor: { start: 0, end: undefined } },
  ];
  beforeAll(async () => {
    fixture = await timestampFixture();
    stamp = await stampAt(NOW + 3700);
  });
  afterAll(() => fixture.remove());

  it('of a trusted authority proves a time at which the certificate was valid', () => {
    const along = { timestamps: [stamp] };
    expect(verdict(brief, trusted, along)).toMatch('not yet valid');
    expect(verdict(brief, { ...trusted, timestampAuthorities: timestampAuthorities() }, along)).toBe(3);
  });

  it('of another signature, of nobody, or from another time proves nothing', async () => {
    const otherwise = [
      await stampAt(NOW + 3700, Uint8Array.of(9)),
      timestampResponse(signature),
      Uint8Array.of(0x30, 0),
    ];
    for (const timestamps of [otherwise, []]) {
      expect(verdict(brief, { ...trusted, timestampAuthorities: timestampAuthorities() }, { timestamps })).toMatch(
        'not yet valid',
      );
    }
    const early = issueLeaf({ name: 'early', by: middle, notBefore: moment(NOW + 3800), notAfter: moment(NOW + 4200) });
    expect(
      verdict(early, { ...trusted, timestampAuthorities: timestampAuthorities() }, { timestamps: [stamp] }),
    ).toMatch('not yet valid');
  });

  it('among many is looked for in the first eight of this signature', async () => {
    const all = { ...trusted, timestampAuthorities: timestampAuthorities() };
    const bad = timestampResponse(signature);
    expect(verdict(brief, all, { timestamps: [...Array(7).fill(bad), stamp] })).toBe(3);
    expect(verdict(brief, all, { timestamps: [...Array(8).fill(bad), stamp] })).toMatch('not yet valid');
  });
});
