import { describe, expect, it } from 'vitest';
import { decodeUtf8, toBase64, toHex, utf8 } from '../../../src/core/bytes.ts';
import { leafHash, sha256 } from '../../../src/core/hash.ts';
import {
  type Companion,
  companionOf,
  decodeCompanion,
  encodeCompanion,
  MAX_COMPANION_LENGTH,
} from '../../../src/entry/leaf/companion.ts';
import { eventId } from '../../../src/entry/leaf/event-id.ts';
import type { LogPromise } from '../../../src/entry/leaf/log-promise.ts';
import { leafTerms, lookupTerms, MAX_TERMS, payloadTerms } from '../../../src/entry/leaf/lookup.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { envelope, IN_TOTO, signMessage, statement, testKey } from '../../fixtures/make.ts';
import { certificate, fulcio, pem, uri } from '../../fixtures/make-certificate.ts';
import { codeOf } from '../code-of.ts';

const key = testKey('p256');
const artifact = sha256(utf8('artifact'));
const der = certificate({ key, names: [uri('https://a'), uri('https://a')], extensions: [fulcio(8, 'https://i')] });
const entry = prepareSubmission(
  {
    artifact: { sha256: toHex(artifact) },
    signature: toBase64(signMessage(key, utf8('artifact'))),
    certificate: pem('CERTIFICATE', der),
  },
  portableChecks,
);

describe('look-up terms', () => {
  it('of a leaf name it, its digest, its signer and what the certificate says, each once', () => {
    expect(leafTerms(entry.leaf)).toEqual([
      { kind: 'leaf', value: toHex(leafHash(entry.leaf)) },
      { kind: 'subject', value: `sha256:${toHex(artifact)}` },
      { kind: 'signer', value: toHex(sha256(key.spki)) },
      { kind: 'identity', value: 'https://a' },
      { kind: 'issuer', value: 'https://i' },
      { kind: 'fact', value: 'issuerV2=https://i' },
    ]);
  });

  it('of a payload name it, its predicate type and every digest', () => {
    const subject = [
      { name: 'a', digest: { sha256: 'AB', gitCommit: 'cd' } },
      { name: 'b', digest: { sha256: 'ab' } },
    ];
    const bytes = utf8(statement('', { subject }));
    expect(payloadTerms({ bytes, type: IN_TOTO })).toEqual([
      { kind: 'payload', value: toHex(sha256(bytes)) },
      { kind: 'predicateType', value: 'https://slsa.dev/provenance/v1' },
      { kind: 'subject', value: 'sha256:ab' },
      { kind: 'subject', value: 'gitCommit:cd' },
    ]);
  });

  it('of an unreadable payload are its hash alone', () => {
    expect(payloadTerms({ bytes: utf8('{'), type: IN_TOTO }).map(({ kind }) => kind)).toEqual(['payload']);
    expect(payloadTerms({ bytes: utf8(statement()), type: 'text/plain' }).map(({ kind }) => kind)).toEqual(['payload']);
  });

  it('are bounded, and leave out what is too long', () => {
    const subject = Array.from({ length: 5000 }, (_, i) => ({
      name: `${i}`,
      digest: { sha256: i.toString(16).padStart(64, '0') },
    }));
    const many = { bytes: utf8(statement('', { subject })), type: IN_TOTO };
    expect(lookupTerms(entry.leaf, many)).toHaveLength(MAX_TERMS);
    const long = { bytes: utf8(statement('ab', { predicateType: 'x'.repeat(5000) })), type: IN_TOTO };
    expect(payloadTerms(long).map(({ kind }) => kind)).toEqual(['payload', 'subject']);
  });

  it('need a leaf that can be read', () => {
    expect(codeOf(() => leafTerms(utf8('{}')))).toBe('malformed_leaf');
  });
});

describe('an event id', () => {
  it('tells digests and keys apart', () => {
    const other = testKey('p256', 'other');
    const ids = [
      eventId(artifact, key.spki),
      eventId(artifact, other.spki),
      eventId(sha256(utf8('x')), key.spki),
      eventId(artifact.subarray(0, 31), Uint8Array.from([artifact[31]!, ...key.spki])),
    ];
    expect(new Set(ids.map(toHex)).size).toBe(4);
    expect(ids[0]).toHaveLength(32);
    expect(entry.eventIds).toEqual([ids[0]]);
  });

  it('is one per signature', () => {
    const keys = [key, testKey('p384')];
    const several = { envelope: envelope(statement(), keys), verifiers: keys.map((one) => ({ publicKey: one.pem })) };
    expect(prepareSubmission(several, portableChecks).eventIds).toHaveLength(2);
  });
});

describe('a companion', () => {
  const promise: LogPromise = {
    logId: Uint8Array.of(1),
    logIndex: 2 ** 40,
    integratedTime: 1_790_000_000,
    body: utf8('{}'),
    promise: Uint8Array.of(2),
  };
  const companion: Companion = {
    chain: [der],
    timestamps: [Uint8Array.of(0x30, 0)],
    promises: [promise],
    keyids: ['', 'ö'],
    keyHint: 'hint',
  };

  it('is read back as it was, and equal sets encode equal', () => {
    expect(decodeCompanion(encodeCompanion(companion))).toEqual(companion);
    const { keyHint, keyids, promises, timestamps, chain } = companion;
    expect(encodeCompanion({ keyHint, keyids, promises: promises!, timestamps, chain })).toEqual(
      encodeCompanion(companion),
    );
    const { promises: _, ...others } = companion;
    const without = { ...others, keyHint: undefined };
    expect(decodeCompanion(encodeCompanion(without))).toEqual(without);
  });

  it('without promises is what it was before there were any', () => {
    const { promises: _, ...others } = companion;
    expect(decodeUtf8(encodeCompanion(others))).not.toContain('promises');
    expect(companionOf({ ...others, promises: [] })).toEqual(others);
  });

  it('does without promises that would make it too long, and is none without anything else', () => {
    const long = { ...promise, body: new Uint8Array(MAX_COMPANION_LENGTH) };
    const { promises: _, ...others } = companion;
    expect(companionOf(companion)).toEqual(companion);
    expect(companionOf({ ...companion, promises: [promise, long] })).toEqual(others);
    const nothing = { chain: [], timestamps: [], keyids: [''], keyHint: undefined };
    expect(companionOf({ ...nothing, promises: [long] })).toBeUndefined();
    expect(companionOf({ ...nothing, promises: [promise] })).toEqual({ ...nothing, promises: [promise] });
  });

  it.each([
    '',
    '{}',
    '{"chain":["!"],"keyids":[],"timestamps":[]}',
    '{"chain":[],"keyids":[],"promises":[{"body":"","integratedTime":"1","logId":"","logIndex":1,"promise":""}],"timestamps":[]}',
  ])('that cannot be read is corrupt: %s', (text) => {
    expect(codeOf(() => decodeCompanion(utf8(text)))).toBe('corrupt');
  });
});
