/** A policy under which the builds of `evidence-log.ts` may pass. */
import { REPOSITORY } from '../../fixtures/predicates.ts';
import { ISSUER, WORKFLOW } from '../evidence-log.ts';

/** @param more lines of `require`, indented by two */
export function gatePolicy(more = '', mode = 'enforce'): string {
  return `policy: acme/api@release
version: 1
mode: ${mode}
trust:
  log: {maxStaleness: 5m}
  builders:
    - id: ${REPOSITORY}/.github/workflows/release.yml@refs/heads/main
      signer: {issuer: ${ISSUER}, san: ${WORKFLOW}}
      level: 3
require:
  provenance: {level: 3, repo: {uri: ${REPOSITORY}, id: "4711"}, refs: [refs/heads/main]}
${more}`;
}
