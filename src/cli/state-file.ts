/**
 * What `watch` remembers: the last checkpoint that it verified. A file that was torn by a power cut must not look
 * like a fork of the log, so whatever cannot be read back exactly is called what it is: damage to the file.
 */
import type { LogKey, VerifiedCheckpoint } from '../client/log-key.ts';
import { decodeUtf8 } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { isMissing, readWhole, replaceFile } from './files.ts';
import type { Io } from './io.ts';

const SCHEMA = 'countersign/state/v1';

/**
 * The last checkpoint, or undefined where there is no file yet.
 * @throws LogError file_unreadable where the file is damaged, or of another log
 */
export async function readState(path: string, key: LogKey, io: Io): Promise<VerifiedCheckpoint | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readWhole(path, io, 2 * 1024 * 1024);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const note = noteOf(bytes);
  if (note === undefined) {
    throw new LogError(
      'file_unreadable',
      `${path} is damaged; this says nothing about the log. Restore it from a copy, or remove it to start anew`,
    );
  }
  try {
    return key.open(note);
  } catch (cause) {
    if (!isLogError(cause)) throw cause;
    throw new LogError(
      'file_unreadable',
      `${path} holds no checkpoint signed by the given keys: it is of another log, or damaged`,
      { cause },
    );
  }
}

/** @throws LogError file_unreadable */
export async function writeState(path: string, checkpoint: VerifiedCheckpoint): Promise<void> {
  const state = { schema: SCHEMA, origin: checkpoint.origin, checkpoint: checkpoint.note };
  await replaceFile(path, `${JSON.stringify(state, undefined, 2)}\n`);
}

function noteOf(bytes: Uint8Array): string | undefined {
  try {
    const state = JSON.parse(decodeUtf8(bytes) ?? '') as Record<string, unknown> | null;
    return state?.schema === SCHEMA && typeof state.checkpoint === 'string' ? state.checkpoint : undefined;
  } catch {
    return undefined;
  }
}
