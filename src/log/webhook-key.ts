/** The key that signs webhooks (Ed25519): made when the first is sent, since nothing that is logged depends on it. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKey } from './keys.ts';

const FILE = 'webhook.key';

/** @param folder of the log's keys @throws LogError config_invalid where there is one that cannot be used */
export function webhookKey(folder: string): KeyObject {
  const path = join(folder, FILE);
  if (!existsSync(path)) {
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(path, pem, { mode: 0o600, flag: 'wx', flush: true });
  }
  return readKey(folder, FILE, 'ed25519');
}
