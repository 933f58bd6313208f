/** Pin sets: what the workflow files and lock files of a revision point to. The subject is the commit. */
import type { PinSetClaim } from './claim.ts';
import { readDependency } from './dependency.ts';
import type { Fields } from './fields.ts';

/** `{pins: [{uri, name, digest, at}, …]}`; `at` is the place in the revision, `.github/workflows/ci.yml:17`. */
export const PIN_SET_PREDICATE = 'urn:countersign:predicate:pin-set:v1';

/** @throws ClaimFault */
export function readPinSet(predicate: Fields): PinSetClaim {
  if (!predicate.has('pins')) throw predicate.fault('has no pins');
  return {
    kind: 'pin-set',
    pins: predicate.objects('pins').map((pin) => ({ ...readDependency(pin), at: pin.text('at') })),
  };
}
