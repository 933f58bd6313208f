/** The log's keys: PKCS#8 PEM files of mode 0600 in a directory of mode 0700. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { concat, utf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { formatVerifierKey } from '../core/note.ts';
import type { LogIdentity } from './identity.ts';
import { placeKeyFile } from './key-file.ts';
import { TIMESTAMP_CHAIN_FILE, TIMESTAMP_KEY_FILE } from './timestamp/timestamp-files.ts';

export interface LogKeys {
  /** Ed25519. Signs checkpoints and nothing else. */
  checkpoint: KeyObject;
  /** Ed25519. Signs cosignature/v1 timestamps and nothing else. */
  time: KeyObject;
  /** ECDSA P-256. Signs the log's own statements. */
  statement: KeyObject;
}

const FILES = {
  checkpoint: 'checkpoint.key',
  time: 'time.key',
  statement: 'statement.key',
  rekorV1: 'rekor-v1.key',
} as const;
/** Every file that belongs to the keys of a log, those of its services too. */
const ALL_FILES = [...Object.values(FILES), TIMESTAMP_KEY_FILE, TIMESTAMP_CHAIN_FILE];
const ALGORITHM_ED25519 = 0x01;
const ALGORITHM_COSIGNATURE = 0x04;

/** @throws LogError log_exists where any of the files is there already */
export function assertNoKeys(folder: string): void {
  for (const name of ALL_FILES) {
    if (existsSync(join(folder, name))) {
      throw new LogError('log_exists', `${join(folder, name)} is there already; keys are never overwritten`);
    }
  }
}

/** Removes keys with which nothing was ever signed that anyone has seen. */
export function removeKeys(folder: string): void {
  for (const name of ALL_FILES) rmSync(join(folder, name), { force: true });
}

/** Makes new keys, one for the Rekor v1 door too. @throws LogError log_exists where any of the files is there already */
export function createKeys(folder: string): LogKeys {
  assertNoKeys(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const made = {
    checkpoint: generateKeyPairSync('ed25519'),
    time: generateKeyPairSync('ed25519'),
    statement: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  };
  for (const role of ['checkpoint', 'time', 'statement'] as const) {
    placeKeyFile(join(folder, FILES[role]), made[role].privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  }
  makeRekorV1Key(folder);
  return readKeys(folder);
}

/** @throws LogError log_exists where the file is there already */
export function makeRekorV1Key(folder: string): void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  placeKeyFile(join(folder, FILES.rekorV1), privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
}

/** False for a log that has no key for clients of Rekor v1. */
export function hasRekorV1Key(folder: string): boolean {
  return existsSync(join(folder, FILES.rekorV1));
}

/** Reads the keys. @throws LogError config_invalid where one is missing, unreadable, open to others, or of another type */
export function readKeys(folder: string): LogKeys {
  return {
    checkpoint: readKey(folder, FILES.checkpoint, 'ed25519'),
    time: readKey(folder, FILES.time, 'ed25519'),
    statement: readKey(folder, FILES.statement, 'ec'),
  };
}

/**
 * Reads the key that signs what clients of Rekor v1 get (ECDSA P-256). It signs on the side that answers, so it is none
 * of the writer's.
 * @throws LogError config_invalid as `readKeys`
 */
export function readRekorV1Key(folder: string): KeyObject {
  return readKey(folder, FILES.rekorV1, 'ec');
}

/** Reads one key file. @throws LogError config_invalid as `readKeys` */
export function readKey(folder: string, name: string, type: 'ed25519' | 'ec'): KeyObject {
  const path = join(folder, name);
  let key: KeyObject;
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new LogError('config_invalid', `${path} can be read by others; set its mode to 0600`);
    }
    key = createPrivateKey(readFileSync(path));
  } catch (error) {
    if (error instanceof LogError) throw error;
    throw new LogError('config_invalid', `the key ${path} cannot be read`, { cause: error });
  }
  const fits =
    key.asymmetricKeyType === type && (type !== 'ec' || key.asymmetricKeyDetails?.namedCurve === 'prime256v1');
  if (!fits)
    throw new LogError('config_invalid', `${path} is not ${type === 'ec' ? 'an ECDSA P-256' : 'an Ed25519'} key`);
  return key;
}

/** The 32 bytes of an Ed25519 key's public half: the end of its SPKI. */
export function rawEd25519(key: KeyObject): Uint8Array {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return new Uint8Array(spki.subarray(spki.length - 32));
}

/** SubjectPublicKeyInfo of a key's public half, PEM. */
export function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;
}

/** Derives what names the log from its origin and keys. */
export function identityOf(origin: string, keys: LogKeys): LogIdentity {
  const checkpoint = rawEd25519(keys.checkpoint);
  return {
    origin,
    // Sigstore's log id: the untruncated key id of the checkpoint key (C2SP signed-note, "Verifier keys").
    logId: sha256(concat(utf8(`${origin}\n`), Uint8Array.of(ALGORITHM_ED25519), checkpoint)),
    verifierKey: formatVerifierKey(origin, ALGORITHM_ED25519, checkpoint),
    timeVerifierKey: formatVerifierKey(origin, ALGORITHM_COSIGNATURE, rawEd25519(keys.time)),
    statementKey: publicPem(keys.statement),
  };
}

const ORIGIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/** @throws LogError config_invalid unless the origin is a host name: lower case, no scheme, port or path */
export function assertOrigin(origin: string): void {
  if (!ORIGIN.test(origin)) {
    throw new LogError(
      'config_invalid',
      'the origin must be the host name of the log, in lower case, without scheme, port or path (log.example.org)',
    );
  }
}
