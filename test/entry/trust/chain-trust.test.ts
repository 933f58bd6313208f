import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { isLogError } from '../../../src/core/errors.ts';
import { checkLogEntries, promiseOf } from '../../../src/entry/bundle/transparency-log-entry.ts';
import { decodeCompanion } from '../../../src/entry/leaf/companion.ts';
import type { LogPromise } from '../../../src/entry/leaf/log-promise.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { type TrustedCertificates, verifyTrustedChain } from '../../../src/entry/trust/chain-trust.ts';
import { readTrustedRoot, type TrustedAuthority } from '../../../src/entry/trust/trusted-root.ts';
import { entryStamp } from '../../../src/log/timestamp/entry-stamp.ts';
import { libraryEncoder } from '../../../src/log/timestamp/timestamp-patterns.ts';
import { loadTimestamping } from '../../../src/threads/timestamping.ts';
import { testKey } from '../../fixtures/make.ts';
import { timestampResponse } from '../../fixtures/make-certificate.ts';
import {
  type EntryOptions,
  NOON,
  signedMessage,
  signer,
  signerKey,
  signingCertificate,
  trustedRoot,
  v1Entry,
  v1Leaf,
  v2Leaf,
} from '../../fixtures/sigstore-instance.ts';
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
  promises?: LogPromise[];
  time?: number;
}

function verdict(
  of: Issued,
  trusted: Partial<TrustedCertificates>,
  { chain = [], timestamps = [], promises = [], time = NOW }: Along = {},
) {
  const certificates = chain.map(({ certificate }) => certificate);
  const none = { roots: [], intermediates: [], authorities: [], timestampAuthorities: [], logs: [] };
  const signed = { signature, certificate: of.certificate, chain: certificates, timestamps, promises };
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

describe('a promise', () => {
  const artifact = utf8('the artifact');
  const message = signedMessage(artifact);
  const { certificateAuthorities, tlogs } = readTrustedRoot(trustedRoot());
  const trusted = { roots: [], intermediates: [], authorities: certificateAuthorities, timestampAuthorities: [] };
  const { certificate } = (signer as { certificate: Issued }).certificate;
  const promised = (more: EntryOptions = {}, leaf = v1Leaf(message, signer)): LogPromise =>
    promiseOf(checkLogEntries([v1Entry(leaf, more)])[0]!)!;

  function outcome(promises: LogPromise[], logs = tlogs, signed = message.signature) {
    const question = { signature: signed, certificate, chain: [], timestamps: [], promises };
    try {
      return verifyTrustedChain(question, NOON + 86_400, { ...trusted, logs }, portableChecks).length;
    } catch (error) {
      if (isLogError(error, 'certificate_rejected')) return error.message;
      throw error;
    }
  }

  it('of a trusted log proves a time at which the certificate was valid', () => {
    expect(outcome([promised()])).toBe(3);
  });

  it('of a log that is not trusted proves nothing, nor does none', () => {
    expect(outcome([promised()], [])).toMatch('it had expired');
    expect(outcome([])).toMatch('it had expired');
  });

  it.each<[string, () => LogPromise]>([
    ['another key', () => promised({ key: testKey('p256', 'other') })],
    ['another time than was signed', () => ({ ...promised({ integratedTime: NOON + 86_400 }), integratedTime: NOON })],
    ['another index than was signed', () => ({ ...promised(), logIndex: 1002 })],
    ['another log than was signed', () => ({ ...promised(), logId: tlogs[1]!.logId })],
    ['another body than was signed', () => ({ ...promised({}, v2Leaf(message, signer)), promise: promised().promise })],
    ['a time at which the certificate was not valid', () => promised({ integratedTime: NOON + 3600 })],
    ['another signature', () => promised({}, v1Leaf(signedMessage(utf8('other')), signer))],
    ['another certificate', () => promised({}, v1Leaf(message, { certificate: signingCertificate() }))],
    ['a bare key', () => promised({}, v1Leaf(message, { key: signerKey }))],
    ['a body that is no entry', () => promised({}, utf8('{}'))],
  ])('of %s proves nothing', (_, make) => {
    expect(outcome([make()])).toMatch('it had expired');
  });

  it('from outside the time for which its log is trusted proves nothing', () => {
    const within = (start: number, end: number) => tlogs.map((log) => ({ ...log, validFor: { start, end } }));
    expect(outcome([promised()], within(NOON, NOON))).toBe(3);
    expect(outcome([promised()], within(NOON + 1, NOON + 9))).toMatch('it had expired');
    expect(outcome([promised()], within(0, NOON - 1))).toMatch('it had expired');
  });

  it('among many is looked for in the first eight of this signature by trusted logs', () => {
    const bad = promised({ key: testKey('p256', 'other') });
    const unknown = { ...bad, logId: Uint8Array.of(1) };
    expect(outcome([...Array(9).fill(unknown), ...Array(7).fill(bad), promised()])).toBe(3);
    expect(outcome([...Array(8).fill(bad), promised()])).toMatch('it had expired');
  });
});
