import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { genesisStatement, type ServiceKeys } from '../../src/entry/submission/log-statement.ts';
import { createKeys, publicPem, readRekorV1Key } from '../../src/log/keys.ts';
import type { NamedKey } from '../../src/log/named-keys.ts';
import { checkKeyFiles, openRekorV1Key } from '../../src/log/service-keys.ts';
import { createTimestampKey } from '../../src/log/timestamp/timestamp-key.ts';
import { codeOf } from '../entry/code-of.ts';
import { StoredEntries } from './stored-entries.ts';
import { identity } from './test-identity.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  createKeys(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Rows of a log whose genesis names these keys. */
function logNaming(keys: ServiceKeys): StoredEntries {
  const { origin, logId, verifierKey, timeVerifierKey, statementKey } = identity;
  const named = { origin, logId, checkpointKey: verifierKey, timeKey: timeVerifierKey, statementKey, time: 1 };
  const rows = new StoredEntries();
  rows.add('genesis', { bytes: genesisStatement({ ...named, ...keys }), type: 'application/vnd.in-toto+json' });
  return rows;
}

const ownKey = () => publicPem(readRekorV1Key(folder));
const file = () => join(folder, 'rekor-v1.key');
const check = (keys: ServiceKeys) => checkKeyFiles(logNaming(keys), identity, folder);
const named = (): NamedKey => ({ pem: ownKey(), index: 0 });

describe('the key for clients of Rekor v1', () => {
  it('is the one that the genesis names', () => {
    expect(check({ rekorV1Key: ownKey() })).toEqual({ 'rekor-v1': named() });
    expect(publicPem(openRekorV1Key(named(), folder))).toBe(ownKey());
  });

  it('is refused where no statement names it, with what to do', () => {
    expect(() => check({})).toThrow(
      expect.objectContaining({ code: 'wrong_key', message: expect.stringContaining('countersign add-key rekor-v1') }),
    );
  });

  it('may be absent where none is named', () => {
    rmSync(file());
    expect(check({})).toEqual({});
  });

  it('is refused as another, as a missing one, and of another type', () => {
    const own = named();
    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    writeFileSync(file(), other.export({ type: 'pkcs8', format: 'pem' }));
    expect(codeOf(() => check({ rekorV1Key: own.pem }))).toBe('wrong_key');
    expect(codeOf(() => openRekorV1Key(own, folder))).toBe('wrong_key');
    const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
    writeFileSync(file(), p384.export({ type: 'pkcs8', format: 'pem' }));
    expect(codeOf(() => check({ rekorV1Key: own.pem }))).toBe('config_invalid');
    rmSync(file());
    expect(check({ rekorV1Key: own.pem })).toEqual({ 'rekor-v1': own });
    expect(codeOf(() => openRekorV1Key(own, folder))).toBe('config_invalid');
  });
});

describe('the timestamp key', () => {
  beforeEach(() => rmSync(file()));

  it('is the one that the genesis names', async () => {
    const timestampChain = await createTimestampKey(folder, identity.origin, 1_790_000_000);
    expect(check({ timestampChain })).toEqual({ timestamp: { pem: timestampChain, index: 0 } });
  });

  it('is refused where no statement names it, or another', async () => {
    await createTimestampKey(folder, identity.origin, 1_790_000_000);
    expect(codeOf(() => check({}))).toBe('wrong_key');
    expect(codeOf(() => check({ timestampChain: 'another' }))).toBe('wrong_key');
  });

  it('is refused without its chain, and the chain without it', async () => {
    const timestampChain = await createTimestampKey(folder, identity.origin, 1_790_000_000);
    rmSync(join(folder, 'timestamp-chain.pem'));
    expect(codeOf(() => check({ timestampChain }))).toBe('config_invalid');
    writeFileSync(join(folder, 'timestamp-chain.pem'), timestampChain);
    rmSync(join(folder, 'timestamp.key'));
    expect(codeOf(() => check({ timestampChain }))).toBe('config_invalid');
  });
});
