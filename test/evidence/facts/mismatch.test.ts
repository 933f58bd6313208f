import { describe, expect, it } from 'vitest';
import type { FulcioFacts } from '../../../src/entry/x509/fulcio-facts.ts';
import { mismatchesOf } from '../../../src/evidence/facts/mismatch.ts';
import { typedClaimOf } from '../../entry/predicate/claim-of.ts';
import { COMMIT, githubProvenance, npmProvenance, REPOSITORY, sourceProvenance } from '../../fixtures/predicates.ts';
import { BUILD } from '../evidence-log.ts';

const claim = typedClaimOf(githubProvenance);
const against = (facts: FulcioFacts, of = claim) => mismatchesOf([{ facts }], of);

describe('certificate and provenance', () => {
  it('of one build agree', () => {
    expect(against(BUILD)).toEqual([]);
  });

  it.each([
    ['repository', { sourceRepositoryURI: 'https://github.com/acme/fork' }, 'https://github.com/acme/fork', REPOSITORY],
    ['repositoryId', { sourceRepositoryIdentifier: '1' }, '1', '4711'],
    ['commit', { sourceRepositoryDigest: 'd0'.repeat(20) }, 'd0'.repeat(20), COMMIT],
    ['ref', { sourceRepositoryRef: 'refs/heads/next' }, 'refs/heads/next', 'refs/heads/main'],
    ['trigger', { buildTrigger: 'discussion' }, 'discussion', 'push'],
    ['runner', { runnerEnvironment: 'self-hosted' }, 'self-hosted', 'github-hosted'],
    ['invocation', { runInvocationURI: 'https://x/1' }, 'https://x/1', `${REPOSITORY}/actions/runs/77/attempts/2`],
  ])('contradict each other in the %s', (fact, facts, certificate, predicate) => {
    expect(against({ ...BUILD, ...facts })).toEqual([{ fact, certificate, predicate }]);
  });

  it('contradict each other in the environment', () => {
    const { buildDefinition, ...rest } = githubProvenance.predicate as { buildDefinition: object };
    const internalParameters = { github: { environment: 'staging' } };
    const predicate = { ...rest, buildDefinition: { ...buildDefinition, internalParameters } };
    const staging = typedClaimOf({ ...githubProvenance, predicate });
    expect(against({ deploymentEnvironment: 'production' }, staging)).toEqual([
      { fact: 'environment', certificate: 'production', predicate: 'staging' },
    ]);
  });

  it('are compared by the extensions that came before, where the certificate has no others', () => {
    const facts = {
      githubWorkflowSha: COMMIT,
      githubWorkflowRepository: 'acme/fork',
      githubWorkflowRef: 'refs/heads/main',
    };
    expect(against(facts)).toEqual([
      { fact: 'repository', certificate: 'https://github.com/acme/fork', predicate: REPOSITORY },
    ]);
  });

  it('do not contradict each other in what one of them leaves out, or only spells otherwise', () => {
    expect(against({})).toEqual([]);
    expect(against({ deploymentEnvironment: 'production' })).toEqual([]);
    expect(against({ sourceRepositoryURI: `${REPOSITORY}.git`, sourceRepositoryDigest: `sha1:${COMMIT}` })).toEqual([]);
    // npm names a run by its numbers; the certificate, by its page.
    expect(against({ runInvocationURI: BUILD.runInvocationURI! }, typedClaimOf(npmProvenance))).toEqual([]);
  });

  it('are compared for builds only', () => {
    expect(against({ sourceRepositoryDigest: 'd0'.repeat(20) }, typedClaimOf(sourceProvenance))).toEqual([]);
  });
});
