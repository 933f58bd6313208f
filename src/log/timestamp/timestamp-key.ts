/** The key of the log's timestamp authority and its certificates, as files beside the log's other keys. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { formatPem } from '../../entry/keys/pem.ts';
import { type Certificate, parseCertificateChainPem } from '../../entry/x509/certificate.ts';
import { placeKeyFile } from '../key-file.ts';
import { readKey } from '../keys.ts';
import { TIMESTAMP_CHAIN_FILE, TIMESTAMP_KEY_FILE } from './timestamp-files.ts';

export interface TimestampKey {
  /** ECDSA P-256. Signs RFC 3161 timestamps and nothing else. */
  key: KeyObject;
  /** Leaf first; the leaf's key is `key`. */
  chain: readonly [Certificate, ...Certificate[]];
  /** The same as a statement of the log names it. */
  chainPem: string;
}

/**
 * Makes the key and its chain in the folder of the log's keys, which must be there. A key that is there without a chain
 * was made by an attempt that was interrupted, and gets its chain.
 * @param now POSIX seconds
 * @returns the chain, PEM
 * @throws LogError log_exists where there is a chain already; config_invalid where the key that is there cannot be read
 */
export async function createTimestampKey(folder: string, origin: string, now: number): Promise<string> {
  const { issueTimestampChain } = await import('./timestamp-certificates.ts');
  const chainFile = join(folder, TIMESTAMP_CHAIN_FILE);
  if (existsSync(chainFile)) {
    throw new LogError('log_exists', `${chainFile} is there already; certificates are never overwritten`);
  }
  if (!hasTimestampKey(folder)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    placeKeyFile(join(folder, TIMESTAMP_KEY_FILE), pem);
  }
  const publicKey = createPublicKey(readKey(folder, TIMESTAMP_KEY_FILE, 'ec'));
  const chain = issueTimestampChain(origin, publicKey, now)
    .map((der) => formatPem(der, 'CERTIFICATE'))
    .join('');
  placeKeyFile(chainFile, chain);
  return chain;
}

/** Makes what is missing of both. @throws LogError config_invalid where what is there is not fit */
export async function completeTimestampKey(folder: string, origin: string, now: number): Promise<void> {
  const chainFile = join(folder, TIMESTAMP_CHAIN_FILE);
  if (!existsSync(chainFile)) await createTimestampKey(folder, origin, now);
  else if (!hasTimestampKey(folder)) {
    throw new LogError('config_invalid', `${chainFile} is there without its key; restore that, or take it away`);
  }
}

/** True where there is the key, or a chain without it. */
export function hasTimestampFiles(folder: string): boolean {
  return hasTimestampKey(folder) || existsSync(join(folder, TIMESTAMP_CHAIN_FILE));
}

/** False for a log that has no timestamp key. */
export function hasTimestampKey(folder: string): boolean {
  return existsSync(join(folder, TIMESTAMP_KEY_FILE));
}

/** Reads both. @throws LogError config_invalid where one is missing, unreadable, or they do not belong together */
export function readTimestampKey(folder: string): TimestampKey {
  if (!hasTimestampKey(folder)) {
    throw new LogError(
      'config_invalid',
      `there is no timestamp key in ${folder}. A log that never had one gets it from countersign add-key timestamp; restore one that was lost, or set sigstore.timestampAuthority to false`,
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
