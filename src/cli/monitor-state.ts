/**
 * The file of a monitor: its cursor, what its rules remember, and findings that nobody has been told yet. They are
 * written before they are told, so that a kill in between repeats one, and loses none.
 */
import type { LogKey } from '../client/log-key.ts';
import { decodeUtf8 } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { Finding } from '../monitor/finding.ts';
import { type MonitorState, newState } from '../monitor/monitor.ts';
import { isMissing, readWhole, replaceFile } from './files.ts';
import type { Io } from './io.ts';

const SCHEMA = 'countersign/monitor/v1';
const LONGEST = 256 * 1024 * 1024;

export interface KeptState {
  state: MonitorState;
  untold: readonly Finding[];
}

/** Undefined where there is no file yet. @throws LogError file_unreadable where it is damaged, or of another log */
export async function readMonitorState(path: string, key: LogKey, io: Io): Promise<KeptState | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readWhole(path, io, LONGEST);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const { schema, origin: _, checkpoint, untold, ...rest } = JSON.parse(decodeUtf8(bytes) ?? '');
    const numbers = [rest.next, rest.heardAt, rest.stampedAt, rest.loggedAt];
    const fits = numbers.every(Number.isSafeInteger) && Array.isArray(untold) && typeof rest.detectors === 'object';
    if (schema !== SCHEMA || !fits) throw new SyntaxError('another form');
    const opened = key.open(checkpoint);
    if (rest.next > opened.size) throw new SyntaxError('the cursor is beyond the checkpoint');
    return { state: { ...newState(rest.next, rest.heardAt), ...rest, checkpoint: opened }, untold };
  } catch (cause) {
    if (isLogError(cause)) {
      throw new LogError('file_unreadable', `${path} is of another log, or damaged`, { cause });
    }
    throw new LogError(
      'file_unreadable',
      `${path} is damaged; this says nothing about the log. Restore it from a copy, or remove it to start anew`,
      { cause },
    );
  }
}

/** @throws LogError file_unreadable */
export async function writeMonitorState(path: string, { state, untold }: KeptState): Promise<void> {
  const { checkpoint, ...rest } = state;
  const kept = { schema: SCHEMA, origin: checkpoint?.origin, checkpoint: checkpoint?.note, ...rest, untold };
  await replaceFile(path, `${JSON.stringify(kept)}\n`);
}
