/** Which log a folder is a copy of: written with the first copy, and never changed. */
import { decodeUtf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import type { MirrorFiles } from './mirror-files.ts';

const NAME = 'mirror.json';
const SCHEMA = 'countersign/mirror/v1';

export interface MirrorRecord {
  origin: string;
  /** C2SP verifier key by which its checkpoints were verified. */
  verifierKey: string;
  /** It is a Countersign log, and what lies beside its leaves is copied too. */
  beside: boolean;
}

/** Undefined for a folder that is no mirror yet. @throws LogError file_unreadable where the file is damaged */
export async function readRecord(files: MirrorFiles): Promise<MirrorRecord | undefined> {
  const bytes = await files.find(NAME);
  if (bytes === undefined) return undefined;
  try {
    const { schema, origin, verifierKey, beside } = JSON.parse(decodeUtf8(bytes) ?? '');
    if (schema === SCHEMA && typeof origin === 'string' && typeof verifierKey === 'string') {
      return { origin, verifierKey, beside: beside === true };
    }
  } catch {
    // Said below.
  }
  throw new LogError('file_unreadable', `${files.pathOf(NAME)} is damaged, or of a newer version`);
}

export async function writeRecord(files: MirrorFiles, record: MirrorRecord): Promise<void> {
  await files.write(NAME, `${JSON.stringify({ schema: SCHEMA, ...record }, undefined, 2)}\n`);
}
