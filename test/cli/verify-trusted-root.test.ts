import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { fromBase64, toHex, utf8 } from '../../src/core/bytes.ts';
import { formatVerifierKey, NOTE_ED25519 } from '../../src/core/note.ts';
import { hashOf, statement, testKey } from '../fixtures/make.ts';
import {
  bundleOf,
  ISSUER,
  NAME,
  signedMessage,
  signedStatement,
  signer,
  signerKey,
  stamp,
  trustedRoot,
  v1Entry,
  v1Leaf,
  v2Entry,
  v2Key,
  v2Leaf,
} from '../fixtures/sigstore-instance.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';
import { countersign, scratch } from './harness.ts';

const artifact = utf8('the artifact');
const message = signedMessage(artifact);
const attestation = signedStatement(statement(toHex(hashOf('sha256', artifact))));
const v2 = (signed = message) =>
  bundleOf(signed, { entries: [v2Entry(v2Leaf(signed, signer))], timestamps: [stamp(signed.signature)] });
const v1 = (version: '0.1' | '0.3', more = {}) =>
  bundleOf(message, { entries: [{ ...v1Entry(v1Leaf(message, signer)), ...more }], version });
const vkey = formatVerifierKey('v2.example', NOTE_ED25519, v2Key.spki.subarray(-32));
const otherVkey = formatVerifierKey('v2.example', NOTE_ED25519, testKey('ed25519', 'other').spki.subarray(-32));
const V1_LOG_ID = toHex(fromBase64(v1Entry(v1Leaf(message, signer)).logId.keyId));
const WHO = ['--identity', NAME, '--issuer', ISSUER];

let folder: string;

beforeEach(() => {
  folder = scratch();
});

function file(name: string, content: string | Uint8Array | object): string {
  const bytes = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
  writeFileSync(`${folder}/${name}`, bytes);
  return `${folder}/${name}`;
}

function verify(bundle: object, args: string[] = WHO, root: object | string = trustedRoot()) {
  const files = ['--bundle', file('bundle.json', bundle), '--trusted-root', file('trusted_root.json', root)];
  return countersign(['verify', file('artifact', artifact), ...files, ...args]);
}

describe('verify --trusted-root', () => {
  it('states entry, log, time and who signed', async () => {
    const { exit, stdout, stderr } = await verify(v2(attestation));
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'verified: entry 1 of 3 in v2.example',
      'signed at 2026-06-01T12:00:00.000Z or before, says the timestamp authority https://tsa.example',
      `signed by ${NAME}, for whom ${ISSUER} vouched`,
      'certificate trusted: issued under https://ca.example, shown to https://ct.example',
      '  issuerV2: https://oidc.example',
      'states https://slsa.dev/provenance/v1',
      '',
    ]);
  });

  it('writes JSON', async () => {
    const { stdout } = await verify(v2(), [...WHO, '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'countersign/verify/v1',
      verified: true,
      artifact: { sha256: toHex(hashOf('sha256', artifact)) },
      origin: 'v2.example',
      index: 1,
      treeSize: 3,
      time: 1_780_315_200,
      signerRequired: true,
      identities: [{ names: [NAME], issuer: ISSUER, chain: 'trusted' }],
      entries: [{ origin: 'v2.example', inclusion: 'proved' }],
      times: [{ by: 'timestamp-authority' }],
    });
  });

  it('says where the log has promised an entry and nothing proves it', async () => {
    const { exit, stdout } = await verify(v1('0.1', { inclusionProof: undefined }));
    expect([exit, stdout]).toEqual([
      0,
      expect.stringContaining('entry 1001 promised by https://v1.example (not proved'),
    ]);
  });

  it('takes the key of a signer who has no certificate', async () => {
    const key = { key: signerKey };
    const bundle = bundleOf(message, { verifier: key, entries: [v2Entry(v2Leaf(message, key))] });
    const { exit, stdout } = await verify(bundle, ['--key', file('key.pub', signerKey.pem)]);
    expect([exit, stdout]).toEqual([0, expect.stringContaining('signed with the given key')]);
    expect((await verify(bundle, ['--key', file('other.pub', testKey('p256', 'other').pem)])).exit).toBe(1);
    expect((await verify(bundle)).exit).toBe(1);
  });

  it('says so where any signer was accepted', async () => {
    expect((await verify(v2(), ['--any-signer'])).stdout).toContain(`vouched (any signer was accepted)`);
  });

  it.each<[string, object, string[], object | string, number, string]>([
    ['the name is another', v2(), ['--identity', 'x', '--issuer', ISSUER], trustedRoot(), 1, 'another name'],
    ['the issuer is another', v2(), ['--identity', NAME, '--issuer', 'x'], trustedRoot(), 1, 'another issuer'],
    ['the artifact is another', v2(signedMessage(utf8('other'))), WHO, trustedRoot(), 1, 'not about this artifact'],
    [
      'its log is not known',
      v2(),
      WHO,
      { ...trustedRoot(), tlogs: [] },
      5,
      'no entry of a log that the trusted root names',
    ],
    [
      'its certificate authority is not known',
      v2(),
      WHO,
      { ...trustedRoot(), certificateAuthorities: [] },
      1,
      'no certificate authority',
    ],
    [
      'its timestamp authority is not known',
      v2(),
      WHO,
      { ...trustedRoot(), timestampAuthorities: [] },
      1,
      'nothing proves when',
    ],
    ['the entry has no proof', v1('0.3', { inclusionProof: undefined }), WHO, trustedRoot(), 1, 'no inclusion proof'],
    ['the trusted root is none', v2(), WHO, {}, 2, 'mediaType'],
    ['the trusted root is no JSON', v2(), WHO, 'x', 2, 'not one valid JSON document'],
  ])('says where %s', async (_, bundle, args, root, code, reason) => {
    const { exit, stdout, stderr } = await verify(bundle, args, root);
    expect([exit, stdout]).toEqual([code, '']);
    expect(stderr).toContain(reason);
  });

  it('demands the proof of a log as well, where its key is given', async () => {
    const { exit, stdout } = await verify(v2(), [...WHO, '--log-key', vkey]);
    expect([exit, stdout]).toEqual([0, expect.stringMatching(/^verified: entry 1 of 3 in v2\.example\n.*12:00/)]);
    expect((await verify(v2(), [...WHO, '--log-key', otherVkey])).exit).toBe(1);
    expect((await verify(v1('0.3'), [...WHO, '--log-key', vkey])).exit).toBe(5);
  });

  it('does not judge a policy', async () => {
    expect((await verify(v2(), ['--policy', 'x'])).exit).toBe(3);
  });

  it('cannot do without both key and root', async () => {
    const args = ['verify', file('artifact', artifact), '--bundle', file('b', v2()), ...WHO];
    const { exit, stderr } = await countersign(args);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('--trusted-root')]);
  });
});

const suite = shared('real/sigstore-conformance/bundle-verify');
const cases = suite === undefined ? [] : readdirSync(suite, { withFileTypes: true }).filter((one) => one.isDirectory());

describe.skipIf(suite === undefined)(`sigstore-conformance${suite === undefined ? `: ${SHARED_ABSENT}` : ''}`, () => {
  it.each(cases.map(({ name }) => name))('%s', async (name) => {
    const own = (part: string, fallback: string) =>
      existsSync(`${suite}/${name}/${part}`) ? `${suite}/${name}/${part}` : fallback;
    const text = (part: string, fallback: string) =>
      existsSync(`${suite}/${name}/${part}`) ? readFileSync(`${suite}/${name}/${part}`, 'utf8').trim() : fallback;
    const key = own('key.pub', '');
    const beacon = 'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon';
    const identity = text(
      'identity',
      `${beacon}/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main`,
    );
    const issuer = text('issuer', 'https://token.actions.githubusercontent.com');
    const { exit } = await countersign([
      'verify',
      own('artifact', `${suite}/a.txt`),
      ...['--bundle', `${suite}/${name}/bundle.sigstore.json`],
      ...['--trusted-root', own('trusted_root.json', `${suite}/../../root-signing/targets/trusted_root.json`)],
      ...(key === '' ? ['--identity', identity, '--issuer', issuer] : ['--key', key]),
    ]);
    if (name.endsWith('_fail')) expect([1, 2, 5]).toContain(exit);
    else expect(exit).toBe(0);
  });
});

describe('verify --log-key of a bundle of other logs', () => {
  const underLogKey = (bundle: object, ...more: string[]) =>
    countersign([
      'verify',
      file('artifact', artifact),
      '--bundle',
      file('bundle.json', bundle),
      '--any-signer',
      ...more,
    ]);
  const v1Vkey = formatVerifierKey('v1.example', NOTE_ED25519, v2Key.spki.subarray(-32));

  it('says whose entries it has, and what verifies them', async () => {
    const { exit, stderr } = await underLogKey(v1('0.3'), '--log-key', vkey);
    expect([exit, stderr]).toEqual([
      5,
      `countersign: the bundle carries no inclusion proof of this log, but a hashedrekord 0.0.1 entry of the log with the id ${V1_LOG_ID}; --trusted-root verifies entries of the logs that it names (countersign sigstore-config writes one)\n`,
    ]);
  });

  it('knows the key that a log has for clients of Rekor v1', async () => {
    const { exit, stderr } = await underLogKey(v1('0.3'), '--log-key', v1Vkey);
    expect([exit, stderr]).toEqual([
      5,
      expect.stringContaining('the key that v1.example has for clients of Rekor v1;'),
    ]);
    expect((await underLogKey(v2(), '--log-key', v1Vkey)).stderr).not.toContain('for clients of Rekor v1');
  });

  it.each([
    ['no entry', () => bundleOf(message, { entries: [] }), 'carries no entry of any log;'],
    [
      'a kind that is no word',
      () => v1('0.3', { kindVersion: { kind: 'x\u001b[1m', version: '1' } }),
      'but an entry of the log with',
    ],
    ['no log id', () => v1('0.3', { logId: null }), 'entry of a log that it does not name'],
  ])('tells of a bundle with %s', async (_, bundle, expected) => {
    expect((await underLogKey(bundle(), '--log-key', vkey)).stderr).toContain(expected);
  });
});
