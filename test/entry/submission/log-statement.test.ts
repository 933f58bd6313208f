import { describe, expect, it } from 'vitest';
import { decodeUtf8, toHex, utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { parsePublicKey } from '../../../src/entry/keys/public-key.ts';
import { parseLeaf } from '../../../src/entry/leaf/leaf.ts';
import {
  assertReason,
  type Erased,
  erasedStatement,
  readErasedStatement,
} from '../../../src/entry/submission/erased-statement.ts';
import {
  type AttachedPayload,
  attachedStatement,
  type Frozen,
  frozenStatement,
  GENESIS_PREDICATE,
  type Genesis,
  genesisStatement,
  type KeyStatement,
  keyStatement,
  readAttachedStatement,
  readFrozenStatement,
  readGenesisStatement,
  readKeyStatement,
  signLogStatement,
} from '../../../src/entry/submission/log-statement.ts';
import { signMessage, statement, testKey } from '../../fixtures/make.ts';
import { codeOf } from '../code-of.ts';

const key = testKey('p256', 'statement');
const publicKey = parsePublicKey(key.spki);
const genesis: Genesis = {
  origin: 'log.example',
  logId: sha256(utf8('id')),
  checkpointKey: 'log.example+00000000+AQ==',
  timeKey: 'log.example+00000001+BA==',
  statementKey: key.pem,
  time: 1_790_000_000,
};
const frozen: Frozen = {
  ...{
    origin: genesis.origin,
    logId: genesis.logId,
    size: 2 ** 40,
    rootHash: sha256(utf8('root')),
    time: 1_790_000_001,
  },
};
const laterKey: KeyStatement = {
  origin: genesis.origin,
  logId: genesis.logId,
  index: 7,
  rekorV1Key: '-----BEGIN PUBLIC KEY-----',
  time: 1_790_000_002,
};
const items: AttachedPayload[] = [
  { index: 7, leafHash: sha256(utf8('leaf')), payloadSha256: sha256(utf8('payload')), payloadType: 'text/plain' },
  { index: 2 ** 53 - 1, leafHash: sha256(utf8('b')), payloadSha256: sha256(utf8('c')), payloadType: 'a/b' },
];

const erased: Erased = {
  payloadSha256: sha256(utf8('payload')),
  leaves: items.map(({ index, leafHash }) => ({ index, leafHash })),
  reason: 'a password in the environment: „hunter2“ ☹',
  time: 1_790_000_002,
};

describe('statements of the log', () => {
  it('are read back as they were made', () => {
    expect(readGenesisStatement(genesisStatement(genesis))).toEqual(genesis);
    expect(readAttachedStatement(attachedStatement({ items }))).toEqual(items);
    expect(readFrozenStatement(frozenStatement(frozen))).toEqual(frozen);
    expect(readKeyStatement(keyStatement(laterKey))).toEqual(laterKey);
    expect(readErasedStatement(erasedStatement(erased))).toEqual(erased);
  });

  it('may name the certificates of a timestamp authority', () => {
    const named = { ...genesis, timestampChain: '-----BEGIN CERTIFICATE-----' };
    expect(readGenesisStatement(genesisStatement(named))).toEqual(named);
  });

  it('name what they are by a fixed URI', () => {
    const typeOf = (bytes: Uint8Array) => JSON.parse(decodeUtf8(bytes)!).predicateType;
    expect(typeOf(genesisStatement(genesis))).toBe(GENESIS_PREDICATE);
    expect(typeOf(attachedStatement({ items }))).toBe('urn:countersign:statement:attached:v1');
    expect(typeOf(frozenStatement(frozen))).toBe('urn:countersign:statement:frozen:v1');
    expect(typeOf(keyStatement(laterKey))).toBe('urn:countersign:statement:key:v1');
    expect(typeOf(erasedStatement(erased))).toBe('urn:countersign:statement:erased:v1');
  });

  it('are not taken for one another, nor for those of others', () => {
    expect(codeOf(() => readGenesisStatement(attachedStatement({ items })))).toBe('malformed_statement');
    expect(codeOf(() => readFrozenStatement(genesisStatement(genesis)))).toBe('malformed_statement');
    expect(codeOf(() => readKeyStatement(genesisStatement({ ...genesis, rekorV1Key: 'a key' })))).toBe(
      'malformed_statement',
    );
    expect(codeOf(() => readAttachedStatement(genesisStatement(genesis)))).toBe('malformed_statement');
    expect(codeOf(() => readErasedStatement(attachedStatement({ items })))).toBe('malformed_statement');
    expect(codeOf(() => readErasedStatement(erasedStatement({ ...erased, leaves: [] })))).toBe('malformed_statement');
    expect(codeOf(() => readGenesisStatement(utf8(statement())))).toBe('malformed_statement');
    expect(codeOf(() => readGenesisStatement(Uint8Array.of(0xff)))).toBe('malformed_statement');
    const unreadable = decodeUtf8(keyStatement(laterKey))!.replace(/"rekorV1Key":"[^"]*"/, '"rekorV1Key":7');
    expect(codeOf(() => readKeyStatement(utf8(unreadable)))).toBe('malformed_statement');
    const lacking = decodeUtf8(genesisStatement(genesis))!.replace('"time":1790000000', '"time":-1');
    expect(codeOf(() => readGenesisStatement(utf8(lacking)))).toBe('malformed_statement');
  });

  it('are logged as ordinary hashedrekord leaves and found by the leaves that they are about', () => {
    const entry = signLogStatement(attachedStatement({ items }), (message) => signMessage(key, message), publicKey);
    expect(parseLeaf(entry.leaf).kind).toBe('hashedrekord');
    expect(entry.payload?.bytes).toEqual(attachedStatement({ items }));
    expect(entry.signers).toEqual([sha256(key.spki)]);
    for (const { leafHash } of items) {
      expect(entry.terms).toContainEqual({ kind: 'subject', value: `sha256:${toHex(leafHash)}` });
    }
  });

  it('are not logged where the key store signs wrongly', () => {
    const other = testKey('p256', 'other');
    const sign = (message: Uint8Array) => signMessage(other, message);
    expect(codeOf(() => signLogStatement(genesisStatement(genesis), sign, publicKey))).toBe('signature_invalid');
  });
});

describe('a reason for an erasure', () => {
  it.each(['a password', 'Passwörter, und „mehr“', 'x'.repeat(1000)])('may be %j', (reason) => {
    expect(() => assertReason(reason)).not.toThrow();
  });

  it.each(['', ' ', 'two\nlines', 'a bell \u0007', 'x'.repeat(1001)])('may not be %j', (reason) => {
    expect(codeOf(() => assertReason(reason))).toBe('usage');
  });
});
