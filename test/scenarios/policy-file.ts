/** The policies of the scenarios, as a team would keep them. */
import { readFileSync } from 'node:fs';
import { type Policy, readPolicy } from '../../src/evidence/policy/policy.ts';

/** @param name of a file in `policies/`, without `.yaml` */
export function policyFile(name: string): Promise<Policy> {
  return readPolicy(readFileSync(new URL(`policies/${name}.yaml`, import.meta.url), 'utf8'));
}
