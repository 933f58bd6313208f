/**
 * Named points at which a test kills the process, as a power cut would: SIGKILL, no handler runs, nothing is flushed.
 * `COUNTERSIGN_CRASH_AT=committed` arms one; `committed:7` at the seventh time it is reached. And points at which a test
 * lets a thread wait, as a slow disk would: `COUNTERSIGN_DELAY_AT=before-commit:4000`, milliseconds, every time. Unarmed
 * they cost two comparisons.
 */
import process from 'node:process';

/** In the order in which one batch passes them. */
export const CRASH_POINTS = [
  'accepted',
  'checked',
  'pooled',
  'begun',
  'rows-written',
  'read-back',
  'signed',
  'before-commit',
  'committed',
  'anchor-torn',
  'anchored',
  'published',
  'acknowledged',
] as const;

/** Of each key file that is made for a log. */
type KeyCrashPoint = 'key-written' | 'key-placed';

/** Those of `countersign erase`, after the commit that erases; also passed by a start that finishes what was left. */
export const ERASURE_CRASH_POINTS = ['index-cleared', 'rewritten'] as const;

/** Of a witness: a cosigned head is durable, and nobody has the cosignature. */
type WitnessCrashPoint = 'witness-persisted';

export type CrashPoint = (typeof CRASH_POINTS)[number];
type AnyCrashPoint = CrashPoint | KeyCrashPoint | WitnessCrashPoint | (typeof ERASURE_CRASH_POINTS)[number];

const [armed, countdown] = (process.env.COUNTERSIGN_CRASH_AT ?? '').split(':');
let remaining = Number(countdown ?? 1);
const [slow, delay] = (process.env.COUNTERSIGN_DELAY_AT ?? '').split(':');

/** True where this very call is the one that must not return normally. The caller may damage something first. */
export function crashesHere(point: AnyCrashPoint): boolean {
  return point === armed && --remaining === 0;
}

export function crashPoint(point: AnyCrashPoint): void {
  if (crashesHere(point)) crash();
  if (point === slow) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(delay));
}

export function crash(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; not one instruction of the caller may run before it arrives.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
