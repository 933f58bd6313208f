import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogError } from '../../../src/core/errors.ts';
import { readDer } from '../../../src/entry/encoding/der.ts';
import { readTimestampRequest } from '../../../src/entry/timestamp/timestamp-request.ts';
import { createTimestampAuthority, type TimestampAuthority } from '../../../src/log/timestamp/timestamp-authority.ts';
import { TimestampClock } from '../../../src/log/timestamp/timestamp-clock.ts';
import { der, int, nil, octets, oid, sequence } from '../../fixtures/der-writer.ts';
import {
  algorithm,
  CERT_REQ,
  elementsOf,
  readReply,
  SHA2,
  timestampFixture,
  timestampQuery,
} from '../../fixtures/timestamps.ts';
import { opensslTest } from '../../openssl.ts';

let fixture: Awaited<ReturnType<typeof timestampFixture>>;
let authority: TimestampAuthority;
/** Milliseconds. */
let now: number;
let notAble: LogError | undefined;
beforeAll(async () => {
  fixture = await timestampFixture();
});
beforeEach(() => {
  now = Date.now();
  notAble = undefined;
  const clock = new TimestampClock(new SharedArrayBuffer(8), () => now);
  authority = createTimestampAuthority(fixture.key, fixture.encoder, clock, () => {
    if (notAble !== undefined) throw notAble;
  });
});
afterAll(() => fixture.remove());

const answer = (query: Uint8Array) => authority.answer(readTimestampRequest(query));
const granted = async (query: Uint8Array) => readReply(await answer(query)).token!;
const utf8 = (text: string) => new TextEncoder().encode(text);
const file = (name: string, bytes: Uint8Array) => writeFileSync(join(fixture.folder, name), bytes);

describe('an answer', () => {
  it('brings back the imprint as it was sent, parameters and all', async () => {
    for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
      for (const parameters of [[], [nil()]]) {
        const imprint = sequence(
          algorithm(SHA2[hash], ...parameters),
          octets(new Uint8Array(Number(hash.slice(3)) / 8).fill(7)),
        );
        expect((await granted(timestampQuery({ imprint }))).imprint).toEqual(imprint);
      }
    }
  });

  it('states a time of whole seconds and an accuracy of one', async () => {
    now = Date.UTC(2030, 0, 2, 3, 4, 5, 990);
    const { time, rest } = await granted(timestampQuery());
    expect(time).toBe('20300102030405Z');
    expect(rest).toEqual([sequence(int(1))]);
  });

  it.each([
    [1, '7f'],
    [2, '00ff'],
    [8, 'a1b2c3d4e5f60718'],
    [20, `80${'ff'.repeat(19)}`],
    [33, `00${'ff'.repeat(32)}`],
  ])('brings back a nonce of %i bytes', async (_, hex) => {
    const nonce = der(0x02, Uint8Array.from(Buffer.from(hex, 'hex')));
    const { rest } = await granted(timestampQuery({ rest: [nonce] }));
    expect(rest[1]).toEqual(nonce);
  });

  it('carries certificates where they are asked for, and only there', async () => {
    expect((await granted(timestampQuery())).certificates).toBe(0);
    expect((await granted(timestampQuery({ rest: [der(0x01, Uint8Array.of(0))] }))).certificates).toBe(0);
    expect((await granted(timestampQuery({ rest: [CERT_REQ] }))).certificates).toBe(2);
  });

  it('signs content type, digest, and which certificate it is signed under (RFC 5816)', async () => {
    const { signedAttributes } = await granted(timestampQuery());
    expect(signedAttributes).toEqual(['1.2.840.113549.1.9.3', '1.2.840.113549.1.9.4', '1.2.840.113549.1.9.16.2.47']);
  });

  it('is DER down to the last element', async () => {
    const reply = await answer(timestampQuery({ rest: [CERT_REQ] }));
    const tags = elementsOf(readDer(reply)).map(({ tag }) => tag);
    expect(tags.length).toBeGreaterThan(100);
    // Strings in pieces are BER.
    expect(tags.filter((tag) => tag === 0x24 || tag === 0x23)).toEqual([]);
  });

  it('never has the serial number of another, and at least 64 random bits', async () => {
    const serials = await Promise.all(
      Array.from({ length: 600 }, async () => (await granted(timestampQuery())).serial),
    );
    expect(new Set(serials).size).toBe(600);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
    expect(new Set(serials.map((serial) => serial.slice(0, 4))).size).toBeGreaterThan(500);
  });
});

describe('OpenSSL', () => {
  const data = utf8('what is stamped');

  opensslTest('accepts an answer to each hash, against root, imprint and nonce', async (openssl) => {
    file('data', data);
    for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
      openssl(['ts', '-query', '-data', 'data', `-${hash}`, '-cert', '-out', 'query'], fixture.folder);
      file('reply', await answer(new Uint8Array(readFileSync(join(fixture.folder, 'query')))));
      for (const against of [
        ['-queryfile', 'query'],
        ['-data', 'data'],
      ]) {
        const { stdout, stderr } = openssl(
          ['ts', '-verify', ...against, '-in', 'reply', '-CAfile', 'root.pem'],
          fixture.folder,
        );
        expect(stdout + stderr).toContain('Verification: OK');
      }
    }
  });

  opensslTest('accepts an answer without certificates, if it is given the leaf', async (openssl) => {
    file('data', data);
    file('reply', await answer(timestampQuery({ data })));
    const verify = (...more: string[]) =>
      openssl(['ts', '-verify', '-data', 'data', '-in', 'reply', '-CAfile', 'root.pem', ...more], fixture.folder);
    expect(verify('-untrusted', 'leaf.pem').code).toBe(0);
    expect(verify().code).not.toBe(0);
  });

  opensslTest('accepts answers whatever the length of their signature', async (openssl) => {
    file('data', data);
    const lengths = new Set<number>();
    while (lengths.size < 3) {
      const reply = await answer(timestampQuery({ data, rest: [CERT_REQ] }));
      if (lengths.has(reply.length)) continue;
      lengths.add(reply.length);
      file('reply', reply);
      const verify = ['ts', '-verify', '-data', 'data', '-in', 'reply', '-CAfile', 'root.pem'];
      expect(openssl(verify, fixture.folder)).toMatchObject({ code: 0 });
    }
  });

  opensslTest('refuses other data', async (openssl) => {
    file('data', utf8('something else'));
    file('reply', await answer(timestampQuery({ data, rest: [CERT_REQ] })));
    const verify = ['ts', '-verify', '-data', 'data', '-in', 'reply', '-CAfile', 'root.pem'];
    expect(openssl(verify, fixture.folder).stderr).toContain('message imprint mismatch');
  });

  opensslTest('refuses a changed bit anywhere in what is signed, and in the signature', async (openssl) => {
    file('data', data);
    const reply = await answer(timestampQuery({ data }));
    const info = indexOf(reply, oid('1.3.6.1.4.1.57264.2'));
    const attributes = indexOf(reply, oid('1.2.840.113549.1.9.4'));
    const verify = [
      'ts',
      '-verify',
      '-data',
      'data',
      '-in',
      'changed',
      '-CAfile',
      'root.pem',
      '-untrusted',
      'leaf.pem',
    ];
    const places = { policy: info + 9, imprint: info + 40, serial: info + 66, time: info + 80, accuracy: info + 97 };
    const more = { digest: attributes + 20, certificate: attributes + 75, signature: reply.length - 5 };
    for (const [name, place] of Object.entries({ ...places, ...more })) {
      const changed = reply.slice();
      changed[place]! ^= 1;
      file('changed', changed);
      expect(openssl(verify, fixture.folder).code, name).not.toBe(0);
    }
  });
});

describe('a refusal', () => {
  const digest = octets(new Uint8Array(32));
  const [badAlg, badRequest, badDataFormat, unacceptedPolicy, unacceptedExtension] = [0, 2, 5, 15, 16];

  it.each([
    ['SHA-1', badAlg, { imprint: sequence(algorithm('1.3.14.3.2.26', nil()), octets(new Uint8Array(20))) }],
    ['MD5', badAlg, { imprint: sequence(algorithm('1.2.840.113549.2.5', nil()), octets(new Uint8Array(16))) }],
    ['SHA3-256', badAlg, { imprint: sequence(algorithm('2.16.840.1.101.3.4.2.8'), digest) }],
    ['SHA-256 with parameters', badAlg, { imprint: sequence(algorithm(SHA2.sha256, int(1)), digest) }],
    ['SHA-512 of 32 bytes', badDataFormat, { imprint: sequence(algorithm(SHA2.sha512), digest) }],
    ['SHA-256 of 33 bytes', badDataFormat, { imprint: sequence(algorithm(SHA2.sha256), octets(new Uint8Array(33))) }],
    ['SHA-256 of nothing', badDataFormat, { imprint: sequence(algorithm(SHA2.sha256), octets(new Uint8Array(0))) }],
    ['version 2', badRequest, { version: 2 }],
    ['a nonce of 34 bytes', badRequest, { rest: [int(new Uint8Array(34).fill(0x11))] }],
    ['another policy', unacceptedPolicy, { rest: [oid('1.2.3.4')] }],
    ['a policy with an arc of 128 bits', unacceptedPolicy, { rest: [der(0x06, new Uint8Array(20).fill(0xff, 0, 19))] }],
    ['an extension', unacceptedExtension, { rest: [der(0xa0, sequence(oid('1.2.3'), octets(nil())))] }],
  ] as [string, number, Parameters<typeof timestampQuery>[0]][])(
    'says why it is given to %s',
    async (_, bit, query) => {
      const reply = readReply(await answer(timestampQuery(query)));
      expect(reply).toMatchObject({ status: 2, failures: [bit], token: undefined });
      expect(reply.text).toMatch(/^[a-z]/);
    },
  );

  it('is not given to the policy that it stamps under', async () => {
    const policy = '1.3.6.1.4.1.57264.2';
    expect(await granted(timestampQuery({ rest: [oid(policy)] }))).toMatchObject({ policy });
  });
});

describe('what is not a request', () => {
  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', utf8('POST /api/v1/timestamp')],
    ['a cut request', timestampQuery().subarray(0, -1)],
    ['a request with a byte after it', Uint8Array.from([...timestampQuery(), 0])],
    ['a request without imprint', sequence(int(1))],
    ['an imprint without digest', timestampQuery({ imprint: sequence(algorithm(SHA2.sha256)) })],
    [
      'an imprint with more than a digest',
      timestampQuery({ imprint: sequence(algorithm(SHA2.sha256), octets(nil()), nil()) }),
    ],
    ['fields in another order', timestampQuery({ rest: [CERT_REQ, int(7)] })],
    ['a field twice', timestampQuery({ rest: [int(7), int(7)] })],
    ['a boolean that is neither', timestampQuery({ rest: [der(0x01, Uint8Array.of(1))] })],
    ['a nonce that is longer than needed', timestampQuery({ rest: [der(0x02, Uint8Array.of(0, 1))] })],
    ['an indefinite length', Uint8Array.from([0x30, 0x80, ...timestampQuery().subarray(2), 0, 0])],
  ])('is told from one: %s', (_, bytes) => {
    expect(() => readTimestampRequest(bytes)).toThrow(expect.objectContaining({ code: 'malformed_request' }));
  });
});

describe('time', () => {
  it('does not run backwards with the clock, and is not told where the clock is far behind', async () => {
    now = Date.UTC(2031, 0, 1);
    const times: string[] = [];
    for (const step of [0, 1500, -900, -500, 2000]) {
      now += step;
      times.push((await granted(timestampQuery())).time);
    }
    expect(times).toEqual([...times].sort());
    now -= 2000;
    await expect(answer(timestampQuery())).rejects.toThrow(expect.objectContaining({ code: 'clock_regressed' }));
    now += 2000;
    expect((await granted(timestampQuery())).time).toBe(times.at(-1));
  });

  it('is not told where the log cannot tell it', async () => {
    notAble = new LogError('clock_regressed', 'the clock is behind the last checkpoint');
    await expect(answer(timestampQuery())).rejects.toThrow(notAble);
    // What would be refused anyway says so.
    expect(readReply(await answer(timestampQuery({ version: 3 }))).status).toBe(2);
  });

  it('is not told beyond the validity of the certificate', async () => {
    now = Date.UTC(2060, 0, 1);
    await expect(answer(timestampQuery())).rejects.toThrow('not valid now');
  });
});

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  return Buffer.from(bytes).indexOf(part);
}
