/** Where a log keeps what it owns. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { toHex } from '../core/bytes.ts';

export interface DataPaths {
  /** The truth. */
  log: string;
  /** Derived; may be deleted while no server runs. */
  index: string;
  /** A SQLite lock, held by the running server. */
  lock: string;
  /** How far each webhook has been told. */
  webhooks: string;
  /** The newest checkpoint that witnesses cosigned; gathered anew where it is lost. */
  witnessed: string;
  /** Folder of the private keys. */
  keys: string;
}

/** @param keys folder of the keys, where it is not inside the data directory */
export function dataPaths(directory: string, keys?: string): DataPaths {
  const data = resolve(directory);
  return {
    log: join(data, 'log.db'),
    index: join(data, 'index.db'),
    lock: join(data, 'writer.lock'),
    webhooks: join(data, 'webhooks.json'),
    witnessed: join(data, 'witnessed.checkpoint'),
    keys: keys === undefined ? join(data, 'keys') : resolve(keys),
  };
}

/** The default anchor: in the user's state folder, named by log id, never in the data directory. */
export function defaultAnchor(logId: Uint8Array): string {
  const state = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
  return join(state, 'countersign', 'anchors', toHex(logId));
}
