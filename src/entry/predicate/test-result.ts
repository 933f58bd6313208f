/** in-toto.io/attestation/test-result/v0.1 */
import type { TestClaim } from './claim.ts';
import { readDependency } from './dependency.ts';
import type { Fields } from './fields.ts';

/** @throws ClaimFault */
export function readTestResult(predicate: Fields): TestClaim {
  const result = predicate.text('result');
  if (result === undefined) throw predicate.fault('states no result');
  return { kind: 'test-result', result, configurations: predicate.objects('configuration').map(readDependency) };
}
