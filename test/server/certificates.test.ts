/** Certificates in the real program: configured CAs, judged in its threads. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { type Issued, issueCa, issueLeaf } from '../entry/x509/issue-certificate.ts';
import { envelope, statement } from '../fixtures/make.ts';
import { fulcio, pem, uri } from '../fixtures/make-certificate.ts';
import { bundleOf, signedMessage, signer, trustedRoot, v1Entry, v1Leaf } from '../fixtures/sigstore-instance.ts';
import { Http } from './http.ts';
import { type Place, type RunningServer, refusal, run, start, useServers } from './running-server.ts';
import { settle, tamper } from './template.ts';

const { place, folder } = useServers();

const ISSUER = 'https://token.actions.example';
const WORKFLOW = 'https://git.example/team/app/.github/workflows/release.yml@refs/tags/v1';
const claims = { names: [uri(WORKFLOW)], extensions: [fulcio(8, ISSUER), fulcio(11, 'self-hosted')] };
const root = issueCa({ name: 'root', kind: 'p384' });
const genuine = issueLeaf({ name: 'genuine', by: root, ...claims });
const impostor = issueLeaf({ name: 'impostor', ...claims });

async function init(): Promise<Place> {
  const made = place();
  await run('init', '--data', made.data, '--anchor', made.anchor, '--origin', 'log.example.org');
  return made;
}

/** A configuration beside the root that it names. */
function configured(text: string): string[] {
  const at = folder();
  writeFileSync(join(at, 'root.pem'), pem('CERTIFICATE', root.certificate.der));
  writeFileSync(join(at, 'config.yaml'), text);
  return ['--config', join(at, 'config.yaml')];
}

let counter = 0;
const submissionBy = ({ key, certificate }: Issued) => ({
  envelope: envelope(statement(undefined, { predicate: { number: counter++ } }), [key]),
  certificate: pem('CERTIFICATE', certificate.der),
});

async function submit({ url }: RunningServer, by: Issued): Promise<[number, string | number]> {
  const http = new Http(url);
  const { status, body } = await http.send('POST', '/v1/entries', JSON.stringify(submissionBy(by)));
  http.close();
  const { index, code } = JSON.parse(body.toString()) as { index: number; code: string };
  return [status, index ?? code];
}

interface Shown {
  index: number;
  signers: { identity?: { chain: string } }[];
}

/** Marks of what is found by a fact, newest first. */
async function marks({ url }: RunningServer): Promise<(string | undefined)[]> {
  const http = new Http(url);
  const { entries } = await http.json<{ entries: Shown[] }>('/v1/entries?fact=runnerEnvironment%3Dself-hosted');
  http.close();
  return entries.map(({ signers }) => signers[0]?.identity?.chain);
}

it('a trusted identity needs no token, and nobody else gets in by its name', async () => {
  const at = await init();
  const flags = configured(`
sigstore: { roots: [root.pem] }
admission: { identities: [{ issuer: '${ISSUER}', sanPattern: 'https://git.example/team/*@refs/tags/*' }] }
`);
  const server = await start(at, { flags });
  expect(await submit(server, impostor)).toEqual([403, 'forbidden']);
  expect(await submit(server, genuine)).toEqual([201, 1]);
});

it('configured CAs decide what is accepted, and at every start anew what is marked', async () => {
  const at = await init();
  const any = await start(at, { flags: configured('sigstore: { roots: [root.pem], accept: any }') });
  expect((await submit(any, genuine))[0]).toBe(201);
  expect((await submit(any, impostor))[0]).toBe(201);
  expect(await marks(any)).toEqual(['unverified', 'trusted']);
  await any.process.stop();

  const trusted = await start(at, { flags: configured('sigstore: { roots: [root.pem] }') });
  expect(await submit(trusted, impostor)).toEqual([422, 'certificate_rejected']);
  expect(await marks(trusted)).toEqual(['unverified', 'trusted']);
  const got = await run('get', '1', '--url', trusted.url, '--log-key', trusted.verifierKey);
  expect(got.stdout).toContain(`certificate for ${WORKFLOW} by ${ISSUER} (chain: trusted, says the log)`);
  expect(got.stdout).toContain('runnerEnvironment: self-hosted');
  await trusted.process.stop();

  const none = await start(at, { flags: [] });
  expect(await marks(none)).toEqual(['unverified', 'unverified']);
});

it('a log of a trusted root proves the time of an old bundle, in the threads too', async () => {
  const at = await init();
  const flags = configured('sigstore: { trustedRoot: trusted_root.json }');
  writeFileSync(join(dirname(flags[1]!), 'trusted_root.json'), JSON.stringify(trustedRoot()));
  const server = await start(at, { flags });
  const http = new Http(server.url);
  const message = signedMessage(Buffer.from('the artifact'));
  const send = async (entries: object[]) => {
    const { status, body } = await http.send('POST', '/v1/entries', JSON.stringify(bundleOf(message, { entries })));
    return [status, (JSON.parse(body.toString()) as { index?: number; code?: string }).code];
  };
  expect(await send([])).toEqual([422, 'certificate_rejected']);
  expect(await send([v1Entry(v1Leaf(message, signer))])).toEqual([201, undefined]);
  const shown = await http.json<Shown>('/v1/entries/1');
  expect(shown.signers[0]?.identity?.chain).toBe('trusted');
  http.close();
});

it('an index from before facts is built anew', async () => {
  const at = await init();
  const server = await start(at, { flags: [] });
  await submit(server, genuine);
  await server.process.stop();
  settle(at, 'index.db');
  tamper(at, 'UPDATE state SET format = 1; DELETE FROM tier1', 'index.db');
  expect(await marks(await start(at, { flags: [] }))).toEqual(['unverified']);
});

it.each([
  ['a root that is not there', 'sigstore: { roots: [absent.pem] }'],
  ['a trusted root that is none', 'sigstore: { trustedRoot: root.pem }'],
  ['identities under no CA', `admission: { identities: [{ issuer: '${ISSUER}', san: a }] }`],
])('a configuration with %s is refused', async (_, text) => {
  const exit = await refusal(await init(), { flags: configured(text) });
  expect([exit.errorCode, exit.code]).toEqual(['config_invalid', 78]);
});
