/** Which form an error is answered in: a door's clients know that of its own protocol, wherever it arises. */
import { problemResponse } from './problem.ts';
import { rekorV1Error } from './rekor/rekor-v1-errors.ts';
import { rekorV2Error } from './rekor/rekor-v2-errors.ts';
import type { ErrorForm } from './request-state.ts';

/** By how a path begins. */
const DOORS: readonly [string, ErrorForm][] = [
  ['/api/v1/log', rekorV1Error],
  ['/api/v1/index/', rekorV1Error],
  ['/api/v2/', rekorV2Error],
];

/** The form of errors below a path: problem documents, but for the doors. */
export function errorFormOf(path: string): ErrorForm {
  // Nearly every request goes by this line.
  if (!path.startsWith('/api/')) return problemResponse;
  return DOORS.find(([prefix]) => path.startsWith(prefix))?.[1] ?? problemResponse;
}
