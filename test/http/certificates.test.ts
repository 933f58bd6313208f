/** Certificates from the submission to what is shown of them, over a log that verifies what it is given. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { toBase64, toHex } from '../../src/core/bytes.ts';
import { readTrustedRoot, type TrustedLog } from '../../src/entry/trust/trusted-root.ts';
import { createApp } from '../../src/http/app.ts';
import { systemClock } from '../../src/http/clock.ts';
import { parseConfig } from '../../src/http/config.ts';
import { EntryStreams } from '../../src/http/feed/entry-streams.ts';
import { createLimits } from '../../src/http/limits.ts';
import { RevocationStreams } from '../../src/http/revocations/revocation-streams.ts';
import { createTelemetry } from '../../src/http/telemetry.ts';
import type { CertificatePolicy } from '../../src/log/certificate-policy.ts';
import { chainMarks } from '../../src/log/chain-marks.ts';
import { readTimestampKey } from '../../src/log/timestamp/timestamp-key.ts';
import { type Issued, issueCa, issueLeaf } from '../entry/x509/issue-certificate.ts';
import { envelope, hashOf, signMessage, statement, testKey } from '../fixtures/make.ts';
import { fulcio, pem, uri } from '../fixtures/make-certificate.ts';
import { bundleOf, signedMessage, signer, trustedRoot, v1Entry, v1Leaf } from '../fixtures/sigstore-instance.ts';
import { createInlineLog, type InlineLog, inlineSettings, openInlineLog } from '../inline-log.ts';

const ISSUER = 'https://token.actions.example';
const WORKFLOW = 'https://git.example/team/app/.github/workflows/release.yml@refs/tags/v1';
const REPOSITORY = 'https://git.example/team/app';
const claims = {
  names: [uri(WORKFLOW)],
  extensions: [fulcio(8, ISSUER), fulcio(12, REPOSITORY)],
};

const root = issueCa({ name: 'root', kind: 'p384' });
const middle = issueCa({ name: 'middle', by: root });
const genuine = issueLeaf({ name: 'genuine', by: middle, ...claims });
/** Says the same of itself, and signed it itself. */
const impostor = issueLeaf({ name: 'impostor', ...claims });

const policy = (more: Partial<CertificatePolicy> = {}, trusted: Partial<CertificatePolicy['trusted']> = {}) => ({
  accept: 'any' as const,
  identities: [],
  ...more,
  trusted: {
    roots: [root.certificate],
    intermediates: [middle.certificate],
    authorities: [],
    timestampAuthorities: [],
    logs: [],
    ...trusted,
  },
});

let log: InlineLog | undefined;
beforeEach(() => {
  log = undefined;
});
afterEach(() => log?.close());

async function open(certificates?: CertificatePolicy, admission: object = { open: true }, listedKeys: string[] = []) {
  log = await createInlineLog({ ...(certificates && { certificates }), listedKeys });
  return appOf(log, admission);
}

function appOf(log: InlineLog, admission: object = { open: true }) {
  // What the policy says is the log's business; that CAs are trusted, the configuration must say too.
  const config = parseConfig({ admission, sigstore: { roots: ['root.pem'] } });
  const telemetry = createTelemetry({ version: '0.0.0', level: 'silent' });
  return createApp({
    log,
    config,
    telemetry,
    limits: createLimits(config.limits, systemClock),
    clock: systemClock,
    streams: new RevocationStreams(log),
    entryStreams: new EntryStreams(log),
  });
}

type App = ReturnType<typeof appOf>;

let counter = 0;
function submissionBy({ key, certificate }: Issued, ...chain: Issued[]) {
  const ders = [certificate, ...chain.map((above) => above.certificate)].map(({ der }) => der);
  const signed = envelope(statement(undefined, { predicate: { number: counter++ } }), [key]);
  return { envelope: signed, certificate: pem('CERTIFICATE', ...ders) };
}

const ENVIRONMENT = { incoming: { socket: { remoteAddress: '192.0.2.1' } } };

async function submit(app: App, submission: unknown) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(submission) };
  const answer = await app.request('/v1/entries', init, ENVIRONMENT);
  return { status: answer.status, ...((await answer.json()) as { index: number; code?: string }) };
}

interface Shown {
  index: number;
  signers: { identity?: { names: string[]; issuer?: string; facts?: Record<string, string>; chain: string } }[];
}

const get = async <T>(app: App, path: string) => (await (await app.request(path, {}, ENVIRONMENT)).json()) as T;
const identityAt = async (app: App, index: number) =>
  (await get<Shown>(app, `/v1/entries/${index}`)).signers[0]?.identity;

async function marksFound(app: App, query: Record<string, string>): Promise<[number, string | undefined][]> {
  const { entries } = await get<{ entries: Shown[] }>(app, `/v1/entries?${new URLSearchParams(query)}`);
  return entries.map(({ index, signers }) => [index, signers[0]!.identity?.chain]);
}

describe('a certificate that claims somebody else’s workflow and issuer', () => {
  it('is marked unverified wherever it shows, beside the one that is trusted', async () => {
    const app = await open(policy());
    const { index: theirs } = await submit(app, submissionBy(genuine));
    const { index: own } = await submit(app, submissionBy(impostor));
    const identity = {
      names: [WORKFLOW],
      issuer: ISSUER,
      facts: { issuerV2: ISSUER, sourceRepositoryURI: REPOSITORY },
    };
    expect(await identityAt(app, own)).toEqual({ ...identity, chain: 'unverified' });
    expect(await identityAt(app, theirs)).toEqual({ ...identity, chain: 'trusted' });
    const marks = [
      [own, 'unverified'],
      [theirs, 'trusted'],
    ];
    expect(await marksFound(app, { identity: WORKFLOW })).toEqual(marks);
    expect(await marksFound(app, { issuer: ISSUER })).toEqual(marks);
    expect(await marksFound(app, { fact: `sourceRepositoryURI=${REPOSITORY}` })).toEqual(marks);
    expect(await marksFound(app, { fact: `sourceRepositoryURI=${REPOSITORY}/` })).toEqual([]);
  });

  it('is refused where only trusted ones are accepted', async () => {
    const app = await open(policy({ accept: 'trusted' }));
    expect(await submit(app, submissionBy(impostor))).toMatchObject({ status: 422, code: 'certificate_rejected' });
    expect(await submit(app, submissionBy(impostor, middle, root))).toMatchObject({ status: 422 });
    expect(await submit(app, submissionBy(genuine))).toMatchObject({ status: 201 });
  });

  it('is no error where it is in the log already', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-certificates-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    log = await createInlineLog({ folder });
    const submission = submissionBy(impostor);
    const { index } = await submit(appOf(log), submission);
    await log.close();
    log = openInlineLog({ folder, certificates: policy({ accept: 'trusted' }) });
    const app = appOf(log);
    expect(await submit(app, submission)).toMatchObject({ status: 200, index });
    expect(await submit(app, submissionBy(impostor))).toMatchObject({ status: 422, code: 'certificate_rejected' });
    expect(log.head().size).toBe(2);
  });

  it('A5: opens no admission', async () => {
    const identities = [{ issuer: ISSUER, san: WORKFLOW }];
    for (const accept of ['any', 'trusted'] as const) {
      const app = await open(policy({ accept, identities }), { identities });
      expect(await submit(app, submissionBy(impostor))).toMatchObject({ status: 403, code: 'forbidden' });
      expect(await submit(app, submissionBy(genuine))).toMatchObject({ status: 201 });
      await log!.close();
    }
    log = undefined;
  });

  it('is unverified, like every certificate, where no CA is trusted', async () => {
    const app = await open();
    for (const by of [impostor, genuine]) {
      const { index } = await submit(app, submissionBy(by));
      expect((await identityAt(app, index))?.chain).toBe('unverified');
    }
  });
});

describe('admission by identity', () => {
  const byPattern = [{ issuer: ISSUER, sanPattern: 'https://git.example/team/*@refs/tags/*' }];

  it.each([
    ['of the pattern', claims.names, claims.extensions, 201],
    ['of another workflow', [uri('https://git.example/team/app@refs/heads/main')], claims.extensions, 403],
    ['of another issuer', claims.names, [fulcio(8, 'https://other.example')], 403],
    ['of no issuer', claims.names, [], 403],
  ])('lets in an identity %s or not', async (_, names, extensions, status) => {
    const app = await open(policy({ identities: byPattern }), { identities: byPattern });
    const by = issueLeaf({ name: 'holder', by: middle, names, extensions });
    expect(await submit(app, submissionBy(by))).toMatchObject({ status });
  });

  it('lets nobody in by a bare key', async () => {
    const app = await open(policy({ identities: byPattern }), { identities: byPattern });
    const { certificate: _, ...submission } = submissionBy(genuine);
    expect(await submit(app, { ...submission, publicKey: genuine.key.pem })).toMatchObject({ status: 403 });
  });

  it('needs every signer', async () => {
    const app = await open(policy({ identities: byPattern }), { identities: byPattern });
    const both = { envelope: envelope(statement(), [genuine.key, impostor.key]) };
    const verifiers = [genuine, impostor].map(({ certificate }) => ({
      certificate: pem('CERTIFICATE', certificate.der),
    }));
    expect(await submit(app, { ...both, verifiers })).toMatchObject({ status: 403 });
  });
});

describe('the door for clients of Rekor v2, which send no token', () => {
  const requestBy = ({ key, certificate }: Issued) => {
    const signature = signMessage(key, new TextEncoder().encode('artifact'));
    const verifier = {
      x509Certificate: { rawBytes: toBase64(certificate.der) },
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    };
    const digest = toBase64(hashOf('sha256', new TextEncoder().encode('artifact')));
    return { hashedRekordRequestV002: { digest, signature: { content: toBase64(signature), verifier } } };
  };
  const statusOf = async (app: App, by: Issued) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(requestBy(by)),
    };
    return (await app.request('/api/v2/log/entries', init, ENVIRONMENT)).status;
  };

  it('lets in who is listed and trusted', async () => {
    const identities = [{ issuer: ISSUER, san: WORKFLOW }];
    const app = await open(policy({ accept: 'trusted', identities }), { identities });
    expect(await statusOf(app, impostor)).toBe(403);
    expect(await statusOf(app, genuine)).toBe(201);
  });

  it('refuses what no trusted CA issued as an invalid argument', async () => {
    const app = await open(policy({ accept: 'trusted' }));
    expect(await statusOf(app, impostor)).toBe(400);
    expect(await statusOf(app, genuine)).toBe(201);
  });
});

describe('a bare key', () => {
  it('is not concerned by what certificates must be', async () => {
    const app = await open(policy({ accept: 'trusted' }));
    const key = testKey('p256', 'bare');
    const signature = toBase64(signMessage(key, new TextEncoder().encode('artifact')));
    const artifact = { sha256: toHex(hashOf('sha256', new TextEncoder().encode('artifact'))) };
    expect(await submit(app, { artifact, signature, publicKey: key.pem })).toMatchObject({ status: 201 });
  });
});

describe('a mark', () => {
  it('changes when the missing intermediate comes along later', async () => {
    const app = await open(policy({}, { intermediates: [] }));
    const submission = submissionBy(genuine);
    const { index } = await submit(app, submission);
    expect((await identityAt(app, index))?.chain).toBe('unverified');
    const withChain = {
      ...submission,
      certificate: pem('CERTIFICATE', genuine.certificate.der, middle.certificate.der),
    };
    expect(await submit(app, withChain)).toMatchObject({ status: 200, index });
    expect((await identityAt(app, index))?.chain).toBe('trusted');
  });

  it('is of the time at which the entry was logged', async () => {
    const app = await open(policy());
    const expired = issueLeaf({ name: 'expired', by: middle, ...claims, notAfter: '20260102000000Z' });
    const { index } = await submit(app, submissionBy(expired));
    expect((await identityAt(app, index))?.chain).toBe('unverified');
  });

  it('is of a time that a trusted timestamp proves', async () => {
    // The stamps' clock runs ahead, into the time for which the certificate is valid.
    const ahead = Date.now() + 90 * 60_000;
    const moment = (minutes: number) =>
      `${new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
    const later = issueLeaf({ name: 'later', by: middle, ...claims, notBefore: moment(60), notAfter: moment(120) });
    log = await createInlineLog({ stampedBy: () => ahead });
    const { index } = await submit(appOf(log), submissionBy(later));
    const { chain } = readTimestampKey(inlineSettings(log.folder).paths.keys);
    const stored = { ...log.reader.entry(index), time: log.reader.checkpointCovering(index).time };
    const authority = { uri: '', certificates: chain, validFor: { start: 0, end: undefined } };
    expect(chainMarks(stored, policy().trusted)).toEqual(['unverified']);
    expect(chainMarks(stored, policy({}, { timestampAuthorities: [authority] }).trusted)).toEqual(['trusted']);
  });
});

describe('a bundle of years ago, by a certificate of ten minutes, with a promise by a log of those times', () => {
  const { certificateAuthorities, tlogs } = readTrustedRoot(trustedRoot());
  const old = (logs: TrustedLog[], accept: 'trusted' | 'any') =>
    policy({ accept }, { roots: [], intermediates: [], authorities: certificateAuthorities, logs });
  const message = signedMessage(new TextEncoder().encode('the artifact'));
  const bundle = (...entries: object[]) => bundleOf(message, { entries, version: '0.1' });
  const whole = bundle(v1Entry(v1Leaf(message, signer)));
  const shownAt = async (app: App, index: number) => (await identityAt(app, index))?.chain;

  it('is accepted as trusted where the log is known, and shown so', async () => {
    const app = await open(old([...tlogs], 'trusted'));
    const { status, index } = await submit(app, whole);
    expect([status, await shownAt(app, index)]).toEqual([201, 'trusted']);
  });

  it('is refused where it is not known, and where the promise did not come along', async () => {
    expect(await submit(await open(old([], 'trusted')), whole)).toMatchObject({ code: 'certificate_rejected' });
    await log!.close();
    expect(await submit(await open(old([...tlogs], 'trusted')), bundle())).toMatchObject({
      code: 'certificate_rejected',
    });
  });

  it('is marked by what came along, also later', async () => {
    const app = await open(old([...tlogs], 'any'));
    const { index } = await submit(app, bundle());
    expect(await shownAt(app, index)).toBe('unverified');
    expect(await submit(app, whole)).toMatchObject({ status: 200, index });
    expect(await shownAt(app, index)).toBe('trusted');
    const stored = { ...log!.reader.entry(index), time: log!.reader.checkpointCovering(index).time };
    expect(chainMarks(stored, old([], 'any').trusted)).toEqual(['unverified']);
  });

  it('is handed out with the entry of this log alone', async () => {
    const app = await open(old([...tlogs], 'trusted'));
    const { index } = await submit(app, whole);
    const handed = await get<{ verificationMaterial: { tlogEntries: { logId: { keyId: string } }[] } }>(
      app,
      `/v1/entries/${index}/bundle`,
    );
    const ids = handed.verificationMaterial.tlogEntries.map(({ logId }) => logId.keyId);
    expect(ids).toEqual([toBase64(log!.identity.logId)]);
  });

  it('keeps no promise that is about something else', async () => {
    const app = await open(old([...tlogs], 'any'));
    const other = v1Entry(v1Leaf(signedMessage(new TextEncoder().encode('other')), signer));
    const { index } = await submit(app, bundle(other, { ...other, canonicalizedBody: toBase64(Uint8Array.of(1)) }));
    expect(log!.reader.entry(index).companions).toEqual([]);
  });
});
