/** The logs that a witness knows. */
import { LogError } from '../core/errors.ts';
import type { NoteVerifier } from '../core/note.ts';

export interface WatchedLog {
  /** First line of its checkpoints. */
  origin: string;
  /** C2SP verifier keys; a checkpoint must be signed by one of them, and by none wrongly. */
  verifierKeys: string[];
  /** Of the same keys, in the same order. */
  verifiers: NoteVerifier[];
}

/**
 * Reads `--log` values: a verifier key, whose name is then the origin, or an origin, a space, and the key. Values of one
 * origin are keys of one log.
 * @param verifierOf of a verifier key @throws LogError malformed_key, unsupported_key
 * @throws LogError usage where a key is given twice, and what `verifierOf` throws
 */
export function readWatchedLogs(
  values: readonly string[],
  verifierOf: (verifierKey: string) => NoteVerifier,
): Map<string, WatchedLog> {
  const logs = new Map<string, WatchedLog>();
  for (const value of values) {
    const space = value.lastIndexOf(' ');
    const verifierKey = value.slice(space + 1);
    const verifier = verifierOf(verifierKey);
    const origin = space === -1 ? verifier.name : value.slice(0, space);
    const log = logs.get(origin) ?? { origin, verifierKeys: [], verifiers: [] };
    if (log.verifierKeys.includes(verifierKey)) throw new LogError('usage', 'a key of a log is given twice');
    log.verifierKeys.push(verifierKey);
    log.verifiers.push(verifier);
    logs.set(origin, log);
  }
  return logs;
}
