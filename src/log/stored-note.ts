/** A stored checkpoint's note, held against its row: both signatures must be there and say what the row says. */
import { equalBytes } from '../core/bytes.ts';
import { openCheckpoint } from '../core/checkpoint.ts';
import { openCosignature } from '../core/cosignature.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { boundedCache } from '../entry/encoding/bounded-cache.ts';
import type { LogIdentity } from './identity.ts';
import type { StoredCheckpoint } from './log.ts';
import { nativeNoteVerifier } from './native/native-notes.ts';

/** @throws LogError corrupt where the note is not the one that was signed for the row's size, root and time */
export type StoredNoteCheck = (row: StoredCheckpoint) => void;

/** Notes remembered as sound, so that what many ask for is not verified anew each time. */
const REMEMBERED = 1024;

export function storedNoteCheck({ origin, verifierKey, timeVerifierKey }: LogIdentity): StoredNoteCheck {
  const logKey = nativeNoteVerifier(verifierKey);
  const timeKey = nativeNoteVerifier(timeVerifierKey);
  const sound = boundedCache<{ size: number; root: Uint8Array; time: number }>(REMEMBERED);

  function read(note: string): { size: number; root: Uint8Array; time: number } {
    const { size, root } = openCheckpoint(note, logKey, origin);
    return { size, root, time: openCosignature(note, timeKey).time };
  }

  return ({ size, root, time, note }) => {
    let said: ReturnType<typeof read>;
    try {
      said = sound.get(note, () => read(note));
    } catch (cause) {
      const reason = isLogError(cause) ? cause.message : 'it cannot be read';
      throw new LogError('corrupt', `the stored note of size ${size} is damaged: ${reason}`, { cause });
    }
    if (said.size !== size || said.time !== time || !equalBytes(said.root, root)) {
      throw new LogError('corrupt', `the stored note of size ${size} says something else than its row`);
    }
  };
}
