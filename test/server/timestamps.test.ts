/** The timestamp authority of the real program: by default in development, otherwise by configuration. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envelope, statement, testKey } from '../fixtures/make.ts';
import { certificate, pem as pemOf } from '../fixtures/make-certificate.ts';
import { readReply, timestampQuery } from '../fixtures/timestamps.ts';
import { opensslTest } from '../openssl.ts';
import { Http } from './http.ts';
import { type Place, refusal, run, start, useServers } from './running-server.ts';

const { place, folder } = useServers();

const QUERY = 'application/timestamp-query';
const stamp = (http: Http) => http.send('POST', '/api/v1/timestamp', Buffer.from(timestampQuery()), QUERY);

interface Description {
  timestampAuthority?: { path: string; chain: string };
}

async function describeLog(http: Http): Promise<Description> {
  return JSON.parse((await http.send('GET', '/v1/log')).body.toString()) as Description;
}

const key = testKey('p256');
const certified = () => ({
  envelope: envelope(statement(), [key]),
  certificate: pemOf('CERTIFICATE', certificate({ key })),
});

async function init(): Promise<Place> {
  const made = place();
  await run('init', '--data', made.data, '--anchor', made.anchor, '--origin', 'log.example.org');
  return made;
}

function configured(timestampAuthority: boolean): string[] {
  const file = join(folder(), 'config.yaml');
  writeFileSync(file, `sigstore: { timestampAuthority: ${timestampAuthority} }\n`);
  return ['--config', file];
}

const keyFile = (at: Place, name: string) => join(at.data, 'keys', name);

describe('in development', () => {
  opensslTest('it stamps what it is asked to, and what is logged, across a restart', async (openssl) => {
    const at = place();
    const files = folder();
    const bundles: string[] = [];
    let index: number | undefined;
    for (const _ of ['first', 'second']) {
      const { url, process } = await start(at);
      const http = new Http(url);
      const { chain } = (await describeLog(http)).timestampAuthority!;
      expect(chain).toBe(readFileSync(keyFile(at, 'timestamp-chain.pem'), 'utf8'));
      const [, root = ''] = chain.split(/(?=-----BEGIN)/);
      writeFileSync(join(files, 'root.pem'), root);

      const data = Buffer.from('what is stamped');
      writeFileSync(join(files, 'data'), data);
      openssl(['ts', '-query', '-data', 'data', '-sha256', '-cert', '-out', 'query'], files);
      const reply = await http.send('POST', '/api/v1/timestamp', readFileSync(join(files, 'query')), QUERY);
      writeFileSync(join(files, 'reply'), reply.body);
      const verify = ['ts', '-verify', '-queryfile', 'query', '-in', 'reply', '-CAfile', 'root.pem'];
      expect(openssl(verify, files)).toMatchObject({ code: 0 });

      if (index === undefined) {
        const logged = await http.send('POST', '/v1/entries', JSON.stringify(certified()));
        index = (JSON.parse(logged.body.toString()) as { index: number }).index;
      }
      bundles.push((await http.send('GET', `/v1/entries/${index}/bundle`)).body.toString());
      http.close();
      const asked = performance.now();
      await process.stop();
      // The thread that encodes for the authority lives on for ten seconds; nobody may wait for it.
      expect(performance.now() - asked).toBeLessThan(8_000);
    }
    expect(bundles[1]).toBe(bundles[0]);
    const bundle = JSON.parse(bundles[0]!);
    writeFileSync(join(files, 'data'), Buffer.from(bundle.dsseEnvelope.signatures[0].sig, 'base64'));
    const [{ signedTimestamp }] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
    writeFileSync(join(files, 'reply'), Buffer.from(signedTimestamp, 'base64'));
    const verify = ['ts', '-verify', '-data', 'data', '-in', 'reply', '-CAfile', 'root.pem'];
    expect(openssl(verify, files)).toMatchObject({ code: 0 });
  });

  it('a log without timestamp key still opens, and says that it does without', async () => {
    const at = place();
    await (await start(at)).process.stop();
    for (const name of ['timestamp.key', 'timestamp-chain.pem']) rmSync(keyFile(at, name));
    const { url, process } = await start(at);
    const http = new Http(url);
    expect(await describeLog(http)).not.toHaveProperty('timestampAuthority');
    expect((await stamp(http)).status).toBe(404);
    http.close();
    expect((await process.stop()).stderr).toContain('no timestamp authority, since this log has no timestamp key');
  });
});

describe('otherwise', () => {
  it('it runs where the configuration says so', async () => {
    const { url } = await start(await init(), { flags: configured(true) });
    const http = new Http(url);
    expect(readReply((await stamp(http)).body)).toMatchObject({ status: 0 });
    http.close();
  });

  it('it does not run, and nothing is stamped', async () => {
    const { url } = await start(await init(), { flags: [] });
    const http = new Http(url);
    expect(await describeLog(http)).not.toHaveProperty('timestampAuthority');
    const logged = await http.send('POST', '/v1/entries', JSON.stringify(certified()));
    const { index } = JSON.parse(logged.body.toString()) as { index: number };
    const bundle = (await http.send('GET', `/v1/entries/${index}/bundle`)).body.toString();
    expect(bundle).not.toContain('timestampVerificationData');
    http.close();
  });

  it('a start is refused that asks for it without a key, and says what to do', async () => {
    const at = await init();
    for (const name of ['timestamp.key', 'timestamp-chain.pem']) rmSync(keyFile(at, name));
    const { errorCode, code, stderr, stdout } = await refusal(at, { flags: configured(true) });
    expect([errorCode, code]).toEqual(['config_invalid', 78]);
    expect(stderr + stdout).toContain('countersign add-key timestamp');
  });

  it('a start is refused with a chain that is not the one of the first entry, asked for or not', async () => {
    const [at, other] = [await init(), await init()];
    for (const name of ['timestamp.key', 'timestamp-chain.pem']) cpSync(keyFile(other, name), keyFile(at, name));
    for (const asked of [true, false]) {
      expect(await refusal(at, { flags: configured(asked) })).toMatchObject({ errorCode: 'wrong_key', code: 78 });
    }
    // Nothing is left locked, and whoever asks for no authority needs no key for it.
    for (const name of ['timestamp.key', 'timestamp-chain.pem']) rmSync(keyFile(at, name));
    await (await start(at, { flags: configured(false) })).process.stop();
  });
});
