import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogError } from '../../src/core/errors.ts';
import { createTimestampAuthority } from '../../src/log/timestamp/timestamp-authority.ts';
import { TimestampClock } from '../../src/log/timestamp/timestamp-clock.ts';
import { int, oid } from '../fixtures/der-writer.ts';
import { CERT_REQ, readReply, timestampFixture, timestampQuery } from '../fixtures/timestamps.ts';
import { type TestApp, testApp } from './test-app.ts';

const PATH = '/api/v1/timestamp';
const QUERY = 'application/timestamp-query';

let fixture: Awaited<ReturnType<typeof timestampFixture>>;
let cannot: LogError | undefined;
beforeAll(async () => {
  fixture = await timestampFixture();
});
beforeEach(() => {
  cannot = undefined;
});
afterAll(() => fixture.remove());

function appWithAuthority(settings?: unknown): TestApp {
  const clock = new TimestampClock(new SharedArrayBuffer(8));
  const timestampAuthority = createTimestampAuthority(fixture.key, fixture.encoder, clock, () => {
    if (cannot !== undefined) throw cannot;
  });
  return testApp(settings, 1, { timestampAuthority });
}

const post = ({ request }: TestApp, body: Uint8Array | string, type = QUERY, headers: Record<string, string> = {}) =>
  request(PATH, { method: 'POST', headers: { 'content-type': type, ...headers }, body: body as BodyInit });
const replyOf = async (answer: Response) => readReply(new Uint8Array(await answer.arrayBuffer()));
const json = (app: TestApp, request: unknown) => post(app, JSON.stringify(request), 'application/json');
const artifactHash = createHash('sha256').update('artifact').digest('base64');

describe('a query', () => {
  it('is answered with a reply that no cache keeps', async () => {
    const answer = await post(appWithAuthority(), timestampQuery({ rest: [int(77), CERT_REQ] }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/timestamp-reply');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await replyOf(answer)).toMatchObject({ status: 0, token: { certificates: 2 } });
  });

  it('that is rejected is answered with 200 too, as RFC 3161 has it', async () => {
    const answer = await post(appWithAuthority(), timestampQuery({ rest: [oid('1.2.3')] }));
    expect(answer.status).toBe(200);
    expect(await replyOf(answer)).toMatchObject({ status: 2, failures: [15] });
  });

  it('that is none is a bad request', async () => {
    const answer = await post(appWithAuthority(), 'no query');
    expect([answer.status, (await answer.json()).code]).toEqual([400, 'malformed_request']);
  });

  it('of another type is refused', async () => {
    expect((await post(appWithAuthority(), timestampQuery(), 'application/octet-stream')).status).toBe(415);
  });

  it('of more than 4 KiB is refused, declared or not', async () => {
    const app = appWithAuthority();
    const large = new Uint8Array(4097);
    expect((await post(app, large, QUERY, { 'content-length': '4097' })).status).toBe(413);
    expect((await post(app, large)).status).toBe(413);
  });

  it('counts as a read of its client', async () => {
    const app = appWithAuthority({ admission: { open: true }, limits: { reads: { perSecond: 1, burst: 2 } } });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await post(app, timestampQuery())).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('is not answered while the time is not known', async () => {
    cannot = new LogError('clock_regressed', 'the clock is behind the last checkpoint', { retryAfter: 5 });
    const answer = await post(appWithAuthority(), timestampQuery());
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });
});

describe('a query in JSON', () => {
  it('is answered as one in DER', async () => {
    const answer = await json(appWithAuthority(), { artifactHash, hashAlgorithm: 'sha256' });
    expect(answer.headers.get('content-type')).toBe('application/timestamp-reply');
    const { token } = await replyOf(answer);
    expect(Buffer.from(token!.imprint.subarray(-32)).toString('base64')).toBe(artifactHash);
    expect(token).toMatchObject({ certificates: 0, rest: [expect.anything()] });
  });

  it.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [2 ** 53 - 1, '02071fffffffffffff'],
  ])('may bring the nonce %i', async (nonce, der) => {
    const answer = await json(appWithAuthority(), { artifactHash, hashAlgorithm: 'sha256', nonce, certificates: true });
    const { token } = await replyOf(answer);
    expect(Buffer.from(token!.rest[1]!).toString('hex')).toBe(der);
    expect(token!.certificates).toBe(2);
  });

  it('is rejected for the same reasons', async () => {
    const app = appWithAuthority();
    expect((await replyOf(await json(app, { artifactHash, hashAlgorithm: 'sha384' }))).failures).toEqual([5]);
    const policy = { artifactHash, hashAlgorithm: 'sha256', tsaPolicyOID: '1.2.3' };
    expect((await replyOf(await json(app, policy))).failures).toEqual([15]);
  });

  it.each([
    [{ hashAlgorithm: 'sha256' }],
    [{ artifactHash, hashAlgorithm: 'sha1' }],
    [{ artifactHash, hashAlgorithm: 'sha256', nonce: -1 }],
    [{ artifactHash, hashAlgorithm: 'sha256', nonce: 1.5 }],
    [{ artifactHash, hashAlgorithm: 'sha256', more: 1 }],
    [{ artifactHash: '%', hashAlgorithm: 'sha256' }],
    [[]],
  ])('is a bad request as %j', async (request) => {
    expect((await json(appWithAuthority(), request)).status).toBe(400);
  });
});

describe('the authority', () => {
  it('is named with its chain in the description of the log', async () => {
    const description = await (await appWithAuthority().get('/v1/log')).json();
    expect(description.timestampAuthority).toEqual({ path: PATH, chain: fixture.key.chainPem, namedAt: 6 });
  });

  it('is not named where there is none, and its path says so', async () => {
    const app = testApp();
    expect(await (await app.get('/v1/log')).json()).not.toHaveProperty('timestampAuthority');
    const answer = await post(app, timestampQuery());
    expect(answer.status).toBe(404);
    expect((await answer.json()).detail).toContain('no timestamp authority');
  });
});
