/** Writes a key file so that it is there whole or not at all, whenever the process is killed. */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LogError } from '../core/errors.ts';
import { syncFolder } from './anchor.ts';
import { crashPoint } from './crash-points.ts';

/**
 * Mode 0600, on disk when this returns. The caller holds the writer's lock, so nobody else places one.
 * @throws LogError log_exists where there is such a file already
 */
export function placeKeyFile(path: string, text: string): void {
  if (existsSync(path)) throw new LogError('log_exists', `${path} is there already; keys are never overwritten`);
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx', flush: true });
  crashPoint('key-written');
  renameSync(unfinished, path);
  syncFolder(dirname(path));
  crashPoint('key-placed');
}
