/** The Rekor v1 door of the real program: many clients at once, a restart, and a key that is not the log's. */
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { envelope, statement, testKey } from '../fixtures/make.ts';
import { dsseRequest, hashedRekordRequest, intotoRequest } from '../fixtures/rekor-v1.ts';
import { Http } from './http.ts';
import { refusal, start, useServers } from './running-server.ts';

const { place } = useServers();
const key = testKey('p256');

interface Entry {
  body: string;
  integratedTime: number;
  logID: string;
  logIndex: number;
  verification: { signedEntryTimestamp: string };
}

/** Some of each kind, all different. */
const requests = Array.from({ length: 45 }, (_, i) => {
  const signed = envelope(statement(createHash('sha256').update(String(i)).digest('hex')), [key]);
  const kinds = [
    () => hashedRekordRequest(utf8(`artifact ${i}`), key),
    () => dsseRequest(signed, [key.pem]),
    () => intotoRequest(signed, [key.pem]),
  ];
  return kinds[i % 3]!();
});

async function log(http: Http, request: unknown): Promise<[string, Entry]> {
  const { status, body } = await http.send('POST', '/api/v1/log/entries', JSON.stringify(request));
  expect(status, body.toString()).toBe(201);
  return Object.entries(JSON.parse(body.toString()) as Record<string, Entry>)[0]!;
}

it('logs what many send at once and twice over, each once, and says the same after a restart', async () => {
  const at = place();
  const answers: Map<string, Entry>[] = [];
  for (const _ of ['first', 'second']) {
    const { url, process } = await start(at);
    const http = new Http(url);
    const logged = await Promise.all([...requests, ...requests].map((request) => log(http, request)));
    const publicKey = createPublicKey((await http.get('/api/v1/log/publicKey')).body.toString());
    for (const [, { verification, body, integratedTime, logID, logIndex }] of logged) {
      const stamped = JSON.stringify({ body, integratedTime, logID, logIndex });
      const stamp = Buffer.from(verification.signedEntryTimestamp, 'base64');
      expect(verify('sha256', Buffer.from(stamped), publicKey, stamp)).toBe(true);
    }
    expect(JSON.parse((await http.get('/api/v1/log')).body.toString())).toMatchObject({ treeSize: 46 });
    answers.push(new Map(logged));
    expect((await process.stop()).code).toBe(0);
  }
  const [before, after] = answers.map((answer) =>
    [...answer].map(([uuid, { logIndex, integratedTime }]) => [uuid, logIndex, integratedTime]).sort(),
  );
  expect(before).toHaveLength(45);
  expect(after).toEqual(before);
});

it('refuses to start with another key than the log names, or without it', async () => {
  const at = place();
  await (await start(at)).process.stop();
  const file = join(at.data, 'keys', 'rekor-v1.key');
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  writeFileSync(file, other.export({ type: 'pkcs8', format: 'pem' }));
  expect(await refusal(at)).toMatchObject({ code: 78, errorCode: 'wrong_key' });
  rmSync(file);
  expect(await refusal(at)).toMatchObject({ code: 78, errorCode: 'config_invalid' });
});
