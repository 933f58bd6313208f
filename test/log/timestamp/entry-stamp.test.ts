/** Stamps of entries with certificates, from the submission to the bundle. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fromBase64, toBase64, toHex } from '../../../src/core/bytes.ts';
import { bundleOf } from '../../../src/http/bundle-answer.ts';
import { entryStamp } from '../../../src/log/timestamp/entry-stamp.ts';
import { readTimestampKey } from '../../../src/log/timestamp/timestamp-key.ts';
import { libraryEncoder } from '../../../src/log/timestamp/timestamp-patterns.ts';
import { loadTimestamping } from '../../../src/threads/timestamping.ts';
import { text } from '../../fixtures/der-writer.ts';
import { type EnvelopeJson, envelope, hashOf, signMessage, statement, testKey } from '../../fixtures/make.ts';
import { certificate, pem, timestampResponse } from '../../fixtures/make-certificate.ts';
import { readReply } from '../../fixtures/timestamps.ts';
import { createInlineLog, type InlineLog, inlineSettings, openInlineLog } from '../../inline-log.ts';
import { opensslTest } from '../../openssl.ts';

const key = testKey('p256');
const other = testKey('p384');
let folder: string;
let log: InlineLog;
/** Milliseconds, of the stamps alone. */
let now: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-stamps-'));
  log = await createInlineLog({ folder, stampedBy: () => now });
  // Not before the authority's certificate, which was made meanwhile.
  now = Date.now();
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

let counter = 0;
const newStatement = () => statement(undefined, { predicate: { number: counter++ } });
const utcTime = (milliseconds: number) =>
  text(`${new Date(milliseconds).toISOString().slice(2, 19).replace(/\D/g, '')}Z`, 0x17);
const ofKeyDer = certificate({ key });
const ofKey = pem('CERTIFICATE', ofKeyDer);
const signatureIn = ({ signatures }: EnvelopeJson) => fromBase64(signatures[0]!.sig as string);
const submission = (more: object = { certificate: ofKey }) => ({ envelope: envelope(newStatement(), [key]), ...more });

interface Bundle {
  dsseEnvelope: { signatures: { sig: string }[] };
  verificationMaterial: { timestampVerificationData?: { rfc3161Timestamps: { signedTimestamp: string }[] } };
}

const bundle = (index: number, of = log) => JSON.parse(bundleOf(of, index)) as Bundle;
const stampsOf = (index: number, of = log) =>
  (bundle(index, of).verificationMaterial.timestampVerificationData?.rfc3161Timestamps ?? []).map(
    ({ signedTimestamp }) => fromBase64(signedTimestamp),
  );

it('are over the signature, carry the leaf certificate, and tell the time', async () => {
  const made = submission();
  const { index } = await log.add(made);
  const [stamp, ...more] = stampsOf(index).map((bytes) => readReply(bytes).token!);
  const digest = hashOf('sha256', signatureIn(made.envelope));
  expect(more).toEqual([]);
  expect(toHex(stamp!.imprint)).toContain(toHex(digest));
  expect(stamp!.time).toBe(`${new Date(now).toISOString().slice(0, 19).replace(/\D/g, '')}Z`);
  expect(stamp!.certificates).toBe(1);
});

opensslTest('are what OpenSSL accepts of a bundle', async (openssl) => {
  for (let i = 0; i < 20; i++) {
    const { index } = await log.add(submission());
    const { chain } = readTimestampKey(inlineSettings(folder).paths.keys);
    const file = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
    file('root.pem', pem('CERTIFICATE', chain[1]!.der));
    file('signature', fromBase64(bundle(index).dsseEnvelope.signatures[0]!.sig));
    file('stamp', stampsOf(index)[0]!);
    const verify = ['ts', '-verify', '-data', 'signature', '-in', 'stamp', '-CAfile', 'root.pem'];
    expect(openssl(verify, folder)).toMatchObject({ code: 0 });
  }
});

it('are there after a restart, whether or not the authority still is', async () => {
  const { index } = await log.add(submission());
  const before = bundle(index);
  await log.close();
  log = openInlineLog({ folder });
  expect(bundle(index)).toEqual(before);
});

it('are given once: a duplicate gets no second', async () => {
  const made = submission();
  const { index } = await log.add(made);
  const first = stampsOf(index);
  now += 5000;
  expect(await log.add(made)).toMatchObject({ index, duplicate: true });
  expect(stampsOf(index)).toEqual(first);
});

it('are not given later to an entry that was logged without', async () => {
  await log.close();
  log = openInlineLog({ folder });
  const made = submission();
  const { index } = await log.add(made);
  await log.close();
  const { stamping } = await loadTimestamping(inlineSettings(folder).paths.keys, libraryEncoder, () => now);
  log = openInlineLog(
    { folder },
    false,
    entryStamp(stamping, () => now),
  );
  expect(await log.add(made)).toMatchObject({ index, duplicate: true });
  expect(stampsOf(index)).toEqual([]);
  expect(stampsOf((await log.add(submission())).index)).toHaveLength(1);
});

it('are handed out alone, whatever timestamps others send', async () => {
  const made = submission();
  const { index } = await log.add(made);
  const [stamp] = stampsOf(index);
  const { payload, payloadType, signatures } = made.envelope;
  const signature = signatureIn(made.envelope);
  for (let i = 0; i < 10; i++) {
    await log.add({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        certificate: { rawBytes: toBase64(ofKeyDer) },
        timestampVerificationData: {
          rfc3161Timestamps: [{ signedTimestamp: toBase64(timestampResponse(signature, { signer: i + 1 })) }],
        },
      },
      dsseEnvelope: { payload, payloadType, signatures },
    });
  }
  expect(log.rows.companions(index)).toHaveLength(8);
  expect(stampsOf(index)).toEqual([stamp]);
});

it('are not given to signatures of plain keys, which need nothing beside the leaf', async () => {
  const { index } = await log.add(submission({ publicKey: key.pem }));
  expect(log.rows.companions(index)).toEqual([]);
});

it.each([
  ['has ended', -2 * 86_400_000, -1000, 0],
  ['ends with this second', -86_400_000, 0, 1],
  ['begins with this second', 0, 86_400_000, 1],
  ['has not begun', 2000, 86_400_000, 0],
])('depend on the validity of the certificate, which %s', async (_, from, until, stamps) => {
  const notBefore = utcTime(now + from);
  const notAfter = utcTime(now + until);
  const { index } = await log.add(
    submission({ certificate: pem('CERTIFICATE', certificate({ key, notBefore, notAfter })) }),
  );
  expect(stampsOf(index)).toHaveLength(stamps);
});

it('are given to each signature with a certificate, and to those alone', async () => {
  const made = envelope(newStatement(), [key, other]);
  const ofOther = pem('CERTIFICATE', certificate({ key: other }));
  const both = await log.add({ envelope: made, verifiers: [{ certificate: ofKey }, { certificate: ofOther }] });
  const imprints = stampsOf(both.index).map((stamp) => toHex(readReply(stamp).token!.imprint).slice(-64));
  const digests = made.signatures.map(({ sig }) => toHex(hashOf('sha256', fromBase64(sig as string))));
  expect(imprints.sort()).toEqual(digests.sort());

  const mixed = envelope(newStatement(), [key, other]);
  const one = await log.add({ envelope: mixed, verifiers: [{ publicKey: key.pem }, { certificate: ofOther }] });
  expect(stampsOf(one.index)).toHaveLength(1);
});

it('are given to signatures over artifacts as well', async () => {
  const data = Buffer.from(`artifact ${counter++}`);
  const artifact = { sha256: toHex(hashOf('sha256', data)) };
  const { index } = await log.add({ artifact, signature: toBase64(signMessage(key, data)), certificate: ofKey });
  expect(stampsOf(index)).toHaveLength(1);
});

it('are never of a wrong time: while the clock is behind, only plain keys are logged', async () => {
  await log.add(submission());
  now -= 3000;
  await expect(log.add(submission())).rejects.toThrow(expect.objectContaining({ code: 'clock_regressed' }));
  expect((await log.add(submission({ publicKey: key.pem }))).duplicate).toBe(false);
  now += 3000;
  expect(stampsOf((await log.add(submission())).index)).toHaveLength(1);
});
