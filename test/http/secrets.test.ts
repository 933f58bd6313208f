/** A credential in a payload is refused at every door, in its own dialect, and nothing of it is logged or repeated. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBase64, toHex, utf8 } from '../../src/core/bytes.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import { envelope, hashOf, IN_TOTO, statement, testKey } from '../fixtures/make.ts';
import { dsseRequest, intotoRequest } from '../fixtures/rekor-v1.ts';
import { createInlineLog } from '../inline-log.ts';
import { PLANTED } from '../log/secrets/planted.ts';
import { type InlineApp, inlineApp } from './inline-app.ts';

const key = testKey('p256');
const secret = PLANTED.github!();
const AT = '/predicate/environment/GITHUB_TOKEN';
const PAYLOAD = statement('ab'.repeat(32), { predicate: { environment: { GITHUB_TOKEN: secret } } });
const signed = envelope(PAYLOAD, [key]);
const submission = { envelope: signed, publicKey: key.pem };
const clean = { envelope: envelope(statement(), [key]), publicKey: key.pem };

let app: InlineApp;
beforeAll(async () => {
  app = await inlineApp();
});
afterAll(() => app.log.close());

async function refused(path: string, body: unknown): Promise<{ status: number; text: string }> {
  const { size } = app.log.head();
  const answer = await app.post(path, body);
  const text = await answer.text();
  expect(text).not.toContain(secret.slice(4, 16));
  expect(app.log.head().size).toBe(size);
  return { status: answer.status, text };
}

describe('is refused', () => {
  it('as a submission, with the pointer', async () => {
    const { status, text } = await refused('/v1/entries', submission);
    expect([status, JSON.parse(text)]).toEqual([422, expect.objectContaining({ code: 'secret_submitted', at: AT })]);
  });

  it('as one of a batch, which does not keep the others out', async () => {
    const body = new Uint8Array(utf8([submission, clean].map((one) => JSON.stringify(one)).join('\n')));
    expect(await app.log.submit({ format: 'ndjson', body, admitted: true })).toEqual([
      { error: expect.objectContaining({ code: 'secret_submitted', at: AT }) },
      { receipt: expect.objectContaining({ payload: 'stored' }) },
    ]);
  });

  it('as a payload that comes later', async () => {
    const digest = toHex(hashOf('sha256', pae(IN_TOTO, utf8(PAYLOAD))));
    const bare = { artifact: { sha256: digest }, signature: signed.signatures[0]!.sig, publicKey: key.pem };
    const { index } = await app.log.add(bare);
    expect(await refused('/v1/entries', submission)).toMatchObject({ status: 422 });
    expect(app.log.reader.entry(index).payload).toEqual({ status: 'absent' });
  });

  it('through the doors of Rekor v1', async () => {
    for (const request of [dsseRequest(signed, [key.pem]), intotoRequest(signed, [key.pem])]) {
      const { status, text } = await refused('/api/v1/log/entries', request);
      expect([status, JSON.parse(text)]).toEqual([400, { code: 400, message: expect.stringContaining(`(at ${AT})`) }]);
    }
  });

  it('through the door of Rekor v2', async () => {
    const verifiers = [{ publicKey: { rawBytes: toBase64(key.spki) }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' }];
    const request = { dsseRequestV002: { envelope: signed, verifiers } };
    const { status, text } = await refused('/api/v2/log/entries', request);
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { code: 3, message: expect.stringContaining(`(at ${AT})`), details: [] },
    ]);
  });
});

it('is logged where the operator allows it', async () => {
  const log = await createInlineLog({ refuseSecrets: false });
  expect(await log.add(submission)).toMatchObject({ payload: 'stored' });
  await log.close();
});
