import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SigningConfig, TrustedRoot } from '@sigstore/protobuf-specs';
import { beforeEach, describe, expect, it } from 'vitest';
import { fromBase64, toBase64, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { parseVerifierKey } from '../../src/core/note.ts';
import { genesisStatement, keyStatement, STATEMENT_PAYLOAD_TYPE } from '../../src/entry/submission/log-statement.ts';
import { FakeLog } from '../client/fake-log.ts';
import { envelope, testKey } from '../fixtures/make.ts';
import { certificate, pem } from '../fixtures/make-certificate.ts';
import { countersign, lines, type Outcome, scratch } from './harness.ts';

const GENESIS = 1_699_999_000;
const NOT_BEFORE = '2026-01-01T00:00:00Z';
const statementKey = testKey('p256', 'statement');
const rekorV1Key = testKey('p256', 'rekor v1');
const rootKey = testKey('p256', 'root');
const issuingKey = testKey('p256', 'issuing');
const root = certificate({ key: rootKey, name: 'root' });
const issuing = certificate({ key: issuingKey, name: 'issuing', issuer: { key: rootKey, name: 'root' } });

let log: FakeLog;
let folder: string;
let out: string;

beforeEach(async () => {
  log = await startLog('log.example');
  folder = scratch();
  out = join(folder, 'sigstore');
});

/** A log that begins as every log does. */
async function startLog(origin: string): Promise<FakeLog> {
  const started = new FakeLog(origin);
  const { verifierKey, timeVerifierKey } = started;
  const genesis = genesisStatement({
    origin,
    logId: logIdOf(started),
    checkpointKey: verifierKey,
    timeKey: timeVerifierKey,
    statementKey: statementKey.pem,
    rekorV1Key: rekorV1Key.pem,
    timestampChain: pem('CERTIFICATE', issuing, root),
    time: GENESIS,
  });
  await state(started, genesis);
  return started;
}

/** Logs a statement, of the log's own where nobody else signs it. */
async function state(at: FakeLog, statement: Uint8Array, by = statementKey): Promise<void> {
  const submission = { envelope: envelope(statement, [by], STATEMENT_PAYLOAD_TYPE), publicKey: by.pem };
  await at.fetch(`${at.url}v1/entries`, { method: 'POST', body: utf8(JSON.stringify(submission)) as BodyInit });
}

function logIdOf({ origin, verifierKey }: FakeLog): Uint8Array {
  const { publicKey } = parseVerifierKey(verifierKey);
  return sha256(Buffer.concat([utf8(`${origin}\n\u0001`), publicKey]));
}

/** Lets `/v1/log` name more than the fake log does. */
function naming(more: object): void {
  log.lie = (path, answer) => (path === '/v1/log' ? { ...(answer as object), ...more } : answer);
}

function configure(...args: string[]): Promise<Outcome> {
  return countersign(['sigstore-config', '--url', log.url, '--log-key', log.verifierKey, '--out', out, ...args], {
    log,
  });
}

/** A file of this test. */
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const chain = (name: string) => file(name, pem('CERTIFICATE', issuing, root));
const withFulcio = () => ['--fulcio', 'https://fulcio.example/', '--fulcio-chain', chain('fulcio.pem')];
const withTsa = () => ['--tsa', 'https://tsa.example', '--tsa-chain', chain('tsa.pem')];

type Member = Record<string, unknown>;

interface Documents {
  root: Record<'tlogs' | 'certificateAuthorities' | 'ctlogs' | 'timestampAuthorities', Member[]>;
  signing: Record<'caUrls' | 'oidcUrls' | 'rekorTlogUrls' | 'tsaUrls', Member[]>;
  client: Member;
}

function documents(): Documents {
  const read = (name: string) => JSON.parse(readFileSync(join(out, name), 'utf8')) as unknown;
  return {
    root: read('trusted_root.json') as Documents['root'],
    signing: read('signing_config.json') as Documents['signing'],
    client: read('client_trust_config.json') as Member,
  };
}

describe('sigstore-config', () => {
  it('names the log with its checkpoint key, its whole log id and the time it began', async () => {
    expect((await configure()).exit).toBe(0);
    const [tlog, ...others] = documents().root.tlogs;
    expect(tlog).toEqual({
      baseUrl: 'https://log.example',
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: toBase64(
          Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), parseVerifierKey(log.verifierKey).publicKey]),
        ),
        keyDetails: 'PKIX_ED25519',
        validFor: { start: '2023-11-14T21:56:40Z' },
      },
      logId: { keyId: toBase64(logIdOf(log)) },
    });
    expect(others).toEqual([]);
  });

  it('sends signers to the address of the log, for version 2 of the API', async () => {
    await configure();
    const start = '2023-11-14T21:56:40Z';
    expect(documents().signing.rekorTlogUrls).toEqual([
      { url: 'https://log.example', majorApiVersion: 2, validFor: { start }, operator: 'log.example' },
    ]);
  });

  it('asks for no timestamp where nobody gives any', async () => {
    await configure();
    expect(documents().signing).not.toHaveProperty('tsaConfig');
  });

  it('puts the same into the document for both', async () => {
    await configure(...withFulcio(), ...withTsa());
    const { root: trustedRoot, signing: signingConfig, client } = documents();
    expect(client).toEqual({ mediaType: expect.stringContaining('clienttrustconfig'), trustedRoot, signingConfig });
  });

  it('writes what protobuf-specs reads', async () => {
    const ct = file('ct.pem', testKey('p256', 'ct').pem);
    await configure(...withFulcio(), ...withTsa(), '--oidc', 'https://oidc.example', '--ct-key', ct);
    const { root: trusted, signing } = documents();
    const read = TrustedRoot.toJSON(TrustedRoot.fromJSON(trusted)) as Documents['root'];
    expect(Object.keys(read).sort()).toEqual(Object.keys(trusted).sort());
    expect(read.ctlogs).toMatchObject([{ logId: { keyId: toBase64(sha256(testKey('p256', 'ct').spki)) } }]);
    expect(Object.keys(SigningConfig.toJSON(SigningConfig.fromJSON(signing)) as object).sort()).toEqual(
      Object.keys(signing).sort(),
    );
  });

  it('names the authorities it is given, valid since their lowest certificate is', async () => {
    await configure(...withFulcio(), ...withTsa());
    const { root: trusted, signing } = documents();
    const validFor = { start: NOT_BEFORE };
    const certificates = [issuing, root].map((der) => ({ rawBytes: toBase64(der) }));
    const subject = { organization: 'root', commonName: 'root' };
    expect(trusted.certificateAuthorities).toEqual([
      { subject, uri: 'https://fulcio.example', certChain: { certificates }, validFor },
    ]);
    expect(trusted.timestampAuthorities).toEqual([
      { subject, uri: 'https://tsa.example/api/v1/timestamp', certChain: { certificates }, validFor },
    ]);
    expect(signing.caUrls).toMatchObject([{ url: 'https://fulcio.example', majorApiVersion: 1 }]);
    expect(signing.tsaUrls).toMatchObject([{ url: 'https://tsa.example/api/v1/timestamp', majorApiVersion: 1 }]);
  });

  describe('with a log that has its own timestamp authority', () => {
    beforeEach(() => naming({ timestampAuthority: { path: '/time', chain: pem('CERTIFICATE', issuing, root) } }));

    it('names it', async () => {
      await configure();
      expect(documents().root.timestampAuthorities).toMatchObject([{ uri: 'https://log.example/time' }]);
      expect(documents().signing.tsaUrls).toMatchObject([{ url: 'https://log.example/time' }]);
    });

    it('sends signers to the one that it is given, and believes both', async () => {
      await configure(...withTsa());
      const uris = documents().root.timestampAuthorities.map(({ uri }) => uri);
      expect(uris).toEqual(['https://tsa.example/api/v1/timestamp', 'https://log.example/time']);
      expect(documents().signing.tsaUrls).toMatchObject([{ url: 'https://tsa.example/api/v1/timestamp' }]);
    });
  });

  describe('with a log that has the door for version 1', () => {
    const key = rekorV1Key;
    beforeEach(() => naming({ rekorV1: { publicKey: key.pem } }));
    const versions = () => documents().signing.rekorTlogUrls.map(({ majorApiVersion }) => majorApiVersion);

    it('names its key first, as a log of its own', async () => {
      await configure();
      expect(documents().root.tlogs[0]).toMatchObject({
        baseUrl: 'https://log.example',
        publicKey: { rawBytes: toBase64(key.spki), keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
        logId: { keyId: toBase64(sha256(key.spki)) },
      });
    });

    it('sends signers to version 1 where nobody gives timestamps, and to version 2 first where somebody does', async () => {
      await configure();
      expect(versions()).toEqual([1]);
      await configure('--force', ...withTsa());
      expect(versions()).toEqual([2, 1]);
    });

    it.each(['1', '2'])('sends signers to version %s alone where that is asked for', async (version) => {
      await configure(...withTsa(), '--rekor-api', version);
      expect(versions()).toEqual([Number(version)]);
    });
  });

  it('explains the origin where the log is reached under another name', async () => {
    log = await startLog('dev-00.localhost');
    const { stdout } = await configure('--format', 'jsonl');
    expect(lines(stdout)[0]).toMatchObject({ origin: 'dev-00.localhost', url: 'https://log.example' });
    expect(String(lines(stdout)[0]!.notes)).toContain('https://dev-00.localhost, from which nothing is fetched');
    expect(documents().root.tlogs).toMatchObject([{ baseUrl: 'https://dev-00.localhost' }]);
    expect(documents().signing.rekorTlogUrls).toMatchObject([{ url: 'https://log.example' }]);
  });

  it('says of a frozen log that nothing can be signed', async () => {
    naming({ frozen: true });
    expect(String(lines((await configure('--format', 'jsonl')).stdout)[0]!.notes)).toContain('the log is frozen');
  });

  it('prints commands that can be pasted, whatever the path', async () => {
    out = join(folder, "it's here");
    const { stdout } = await configure(...withFulcio());
    expect(stdout).toContain(`--trusted-root '${join(folder, "it'\\''s here/trusted_root.json")}'`);
    expect(stdout).toContain('--insecure-ignore-sct');
    expect(stdout).toContain('sigstore --trust-config');
  });

  it('says that files cannot be written below a file', async () => {
    out = join(folder, 'file');
    writeFileSync(out, '');
    const { exit, stderr } = await configure();
    expect([exit, stderr]).toEqual([2, expect.stringContaining('a part of its path is not a directory')]);
  });

  it('overwrites nothing unless it is told to', async () => {
    await configure();
    const before = readFileSync(join(out, 'trusted_root.json'), 'utf8');
    const { exit, stderr } = await configure(...withTsa());
    expect([exit, stderr]).toEqual([2, expect.stringContaining('--force')]);
    expect(readFileSync(join(out, 'trusted_root.json'), 'utf8')).toBe(before);
    expect((await configure('--force', ...withTsa())).exit).toBe(0);
    expect(documents().root.timestampAuthorities).toHaveLength(1);
  });
});

describe('sigstore-config refuses', () => {
  const reversed = () => file('reversed.pem', pem('CERTIFICATE', root, issuing));
  const rootless = () => file('rootless.pem', pem('CERTIFICATE', issuing));
  const cases: [string, () => string[], string][] = [
    [
      'an authority without certificates',
      () => ['--fulcio', 'https://fulcio.example'],
      '--fulcio needs --fulcio-chain',
    ],
    ['certificates without an authority', () => ['--tsa-chain', chain('a.pem')], '--tsa-chain needs --tsa'],
    [
      'an issuer that no authority asks',
      () => ['--oidc', 'https://oidc.example'],
      '--oidc is of use only with --fulcio',
    ],
    ['a CT key without certificates', () => ['--ct-key', chain('a.pem')], '--ct-key is of use only with --fulcio'],
    ['what is no URL', () => [...withFulcio(), '--oidc', 'oidc.example'], '--oidc must be a URL'],
    [
      'a file that is not there',
      () => ['--tsa', 'https://a.example', '--tsa-chain', join(folder, 'none')],
      'cannot be read',
    ],
    [
      'what is no PEM',
      () => ['--tsa', 'https://a.example', '--tsa-chain', file('a', 'x')],
      '--tsa-chain cannot be used',
    ],
    ['a certificate for a key', () => [...withFulcio(), '--ct-key', chain('b.pem')], '--ct-key cannot be used'],
    [
      'a chain in the wrong order',
      () => ['--tsa', 'https://a.example', '--tsa-chain', reversed()],
      'certificate 1 is not signed',
    ],
    ['a chain without its root', () => ['--tsa', 'https://a.example', '--tsa-chain', rootless()], 'not a root'],
    ['an API that the log does not have', () => ['--rekor-api', '1'], 'no door for version 1'],
  ];
  it.each(cases)('%s', async (_, args, message) => {
    const { exit, stderr } = await configure(...args());
    expect([exit, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(out)).toBe(false);
  });

  it('a log that cannot be reached', async () => {
    const { exit } = await countersign(['sigstore-config', '--url', 'https://log.example', '--out', out], {
      fetch: () => Promise.reject(new TypeError('no network')),
    });
    expect(exit).toBe(3);
  });

  it('a log that began with another key', async () => {
    const other = await startLog('other.example');
    log.stored[0] = other.stored[0]!;
    const { exit, stderr } = await configure();
    expect([exit, stderr]).toEqual([3, expect.stringContaining('another key')]);
  });

  it('a log whose first entry is no genesis', async () => {
    log = new FakeLog('log.example').grow(1);
    const { exit, stderr } = await configure();
    expect([exit, stderr]).toEqual([3, expect.stringContaining('entry 0 cannot be read')]);
  });

  it('certificates and keys of the log that cannot be read', async () => {
    naming({ timestampAuthority: { path: '/time', chain: 'x' } });
    expect((await configure()).exit).toBe(3);
    naming({ timestampAuthority: { path: '@other.example', chain: pem('CERTIFICATE', issuing, root) } });
    expect((await configure()).exit).toBe(3);
    naming({ rekorV1: { publicKey: toBase64(fromBase64('')) } });
    expect((await configure()).exit).toBe(3);
  });
});

describe('a key that the log got later', () => {
  const later = testKey('p256', 'later');
  const statement = (more: object = {}) =>
    keyStatement({ origin: log.origin, logId: logIdOf(log), index: 1, rekorV1Key: later.pem, time: GENESIS, ...more });
  const configured = async () => {
    naming({ rekorV1: { publicKey: later.pem, namedAt: 1 } });
    return configure();
  };

  it('is believed where a statement of the log names it', async () => {
    await state(log, statement());
    expect((await configured()).exit).toBe(0);
    expect(documents().root.tlogs[0]).toMatchObject({ publicKey: { rawBytes: toBase64(later.spki) } });
  });

  it.each([
    ['somebody else’s statement', () => state(log, statement(), testKey('p256', 'other'))],
    ['a statement about another index', () => state(log, statement({ index: 2 }))],
    ['a statement about another log', () => state(log, statement({ logId: sha256(utf8('other')) }))],
    ['a statement of another key', () => state(log, statement({ rekorV1Key: rekorV1Key.pem }))],
    ['another statement', () => state(log, utf8('{}'))],
  ])('is refused by %s', async (_, log) => {
    await log();
    expect((await configured()).exit).toBe(3);
  });

  it('is refused where no entry is said to name it, and genesis does not', async () => {
    naming({ rekorV1: { publicKey: later.pem } });
    const { exit, stderr } = await configure();
    expect([exit, stderr]).toEqual([3, expect.stringContaining('entry 0 of the log does not name the key')]);
  });
});
