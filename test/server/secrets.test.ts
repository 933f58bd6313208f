/** Whether payloads with credentials are refused is the configuration's to say, as far as the workers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { envelope, statement, testKey } from '../fixtures/make.ts';
import { PLANTED } from '../log/secrets/planted.ts';
import { Http } from './http.ts';
import { start, useServers } from './running-server.ts';

const { place, folder } = useServers();
const key = testKey('p256');

it.each([
  ['refuse', 422],
  ['allow', 201],
])('%s', async (secrets, status) => {
  const config = join(folder(), 'config.yaml');
  writeFileSync(config, `admission: { open: true }\npayloads: { secrets: ${secrets} }\n`);
  const server = await start(place(), { flags: ['--dev', '--config', config] });
  const payload = statement('ab'.repeat(32), { predicate: { token: PLANTED.npm!() } });
  const body = JSON.stringify({ envelope: envelope(payload, [key]), publicKey: key.pem });
  const http = new Http(server.url);
  expect((await http.send('POST', '/v1/entries', body)).status).toBe(status);
  http.close();
  await server.process.stop();
});
