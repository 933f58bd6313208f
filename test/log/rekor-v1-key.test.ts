import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { genesisStatement } from '../../src/entry/submission/log-statement.ts';
import { createKeys, publicPem, readRekorV1Key } from '../../src/log/keys.ts';
import type { LogRows } from '../../src/log/ports.ts';
import { openRekorV1Key } from '../../src/log/rekor-v1-key.ts';
import { codeOf } from '../entry/code-of.ts';
import { identity } from './test-identity.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
  createKeys(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Rows of a log whose genesis names this key. */
function logNaming(rekorV1Key: string | undefined): Pick<LogRows, 'payload'> {
  const { origin, logId, verifierKey, timeVerifierKey, statementKey } = identity;
  const named = { origin, logId, checkpointKey: verifierKey, timeKey: timeVerifierKey, statementKey, time: 1 };
  const bytes = genesisStatement({ ...named, rekorV1Key });
  const type = 'application/vnd.in-toto+json';
  return { payload: () => ({ index: 0, bytes, type, sha256: utf8(''), countsFrom: 0 }) };
}

const ownKey = () => publicPem(readRekorV1Key(folder));

it('opens the key that the genesis names', () => {
  expect(publicPem(openRekorV1Key(logNaming(ownKey()), folder)!)).toBe(ownKey());
});

it('opens none for a log that was made without one, whatever lies in the folder', () => {
  expect(openRekorV1Key(logNaming(undefined), folder)).toBeUndefined();
});

it('refuses another key, a missing one, and one of another type', () => {
  const reader = logNaming(ownKey());
  const file = join(folder, 'rekor-v1.key');
  const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  writeFileSync(file, other.export({ type: 'pkcs8', format: 'pem' }));
  expect(codeOf(() => openRekorV1Key(reader, folder))).toBe('wrong_key');
  const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
  writeFileSync(file, p384.export({ type: 'pkcs8', format: 'pem' }));
  expect(codeOf(() => openRekorV1Key(reader, folder))).toBe('config_invalid');
  rmSync(file);
  expect(codeOf(() => openRekorV1Key(reader, folder))).toBe('config_invalid');
});
