/** The key of the log's timestamp authority and its certificates, as files beside the log's other keys. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { formatPem } from '../../entry/keys/pem.ts';
import { type Certificate, parseCertificateChainPem } from '../../entry/x509/certificate.ts';
import { readKey } from '../keys.ts';
import { TIMESTAMP_CHAIN_FILE, TIMESTAMP_KEY_FILE } from './timestamp-files.ts';

export interface TimestampKey {
  /** ECDSA P-256. Signs RFC 3161 timestamps and nothing else. */
  key: KeyObject;
  /** Leaf first; the leaf's key is `key`. */
  chain: readonly [Certificate, ...Certificate[]];
  /** The same as it is named in genesis. */
  chainPem: string;
}

/**
 * Makes the key and its chain in the folder of the log's keys, which must be there.
 * @param now POSIX seconds
 * @returns the chain, PEM
 */
export async function createTimestampKey(folder: string, origin: string, now: number): Promise<string> {
  const { issueTimestampChain } = await import('./timestamp-certificates.ts');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const chain = issueTimestampChain(origin, publicKey, now)
    .map((der) => formatPem(der, 'CERTIFICATE'))
    .join('');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(folder, TIMESTAMP_KEY_FILE), pem, { mode: 0o600, flag: 'wx', flush: true });
  writeFileSync(join(folder, TIMESTAMP_CHAIN_FILE), chain, { mode: 0o600, flag: 'wx', flush: true });
  return chain;
}

/** False for a log that was created before there were timestamp keys. */
export function hasTimestampKey(folder: string): boolean {
  return existsSync(join(folder, TIMESTAMP_KEY_FILE));
}

/** Reads both. @throws LogError config_invalid where one is missing, unreadable, or they do not belong together */
export function readTimestampKey(folder: string): TimestampKey {
  if (!hasTimestampKey(folder)) {
    throw new LogError(
      'config_invalid',
      'this log has no timestamp key, since it was created by a version that made none. Set sigstore.timestampAuthority to false, or create a new log with countersign init',
    );
  }
  const key = readKey(folder, TIMESTAMP_KEY_FILE, 'ec');
  const path = join(folder, TIMESTAMP_CHAIN_FILE);
  let chainPem: string;
  let chain: Certificate[];
  try {
    chainPem = readFileSync(path, 'utf8');
    chain = parseCertificateChainPem(chainPem);
  } catch (cause) {
    throw new LogError('config_invalid', `the certificates ${path} cannot be read`, { cause });
  }
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  if (!equalBytes(spki, chain[0]!.spki)) {
    throw new LogError('config_invalid', `the first certificate of ${path} is not of the key beside it`);
  }
  return { key, chain: chain as [Certificate, ...Certificate[]], chainPem };
}
