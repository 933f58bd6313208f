import { describe, expect, it } from 'vitest';
import * as fixtures from '../../fixtures/predicates.ts';
import { claimOf } from './claim-of.ts';

const { COMMIT, REPOSITORY } = fixtures;
const leftPad = { uri: 'pkg:npm/left-pad@1.3.0', name: 'left-pad' };
const time = Date.parse('2026-01-02T03:04:05Z') / 1000;

describe('a claim', () => {
  it.each<[string, unknown, Record<string, unknown>]>([
    [
      'summary, with the refs that its subjects are annotated with',
      fixtures.summary,
      {
        kind: 'summary',
        verifier: 'https://example.com/source-tool',
        resource: `git+${REPOSITORY}`,
        passed: true,
        levels: ['SLSA_SOURCE_LEVEL_3'],
        sourceRefs: ['refs/heads/main'],
        verifiedOn: time,
        policy: 'https://example.com/policy',
      },
    ],
    [
      'summary v0.2',
      fixtures.oldSummary,
      {
        kind: 'summary',
        verifier: 'https://example.com/verifier',
        resource: 'pkg:npm/%40acme/api@1.0.0',
        passed: false,
        levels: ['SLSA_LEVEL_3'],
        sourceRefs: [],
        verifiedOn: Date.parse('2022-01-02T03:04:05Z') / 1000,
      },
    ],
    [
      'source provenance',
      fixtures.sourceProvenance,
      {
        kind: 'source',
        repository: REPOSITORY,
        ref: 'refs/heads/main',
        previousCommit: 'd0'.repeat(20),
        actor: 'alice',
        activity: 'pr_merge',
        controls: { CONTINUITY_ENFORCED: 1737858198 },
      },
    ],
    [
      'source provenance of the first form',
      fixtures.oldSourceProvenance,
      {
        kind: 'source',
        repository: REPOSITORY,
        previousCommit: 'd0'.repeat(20),
        actor: 'mallory',
        activity: 'direct_push',
        controls: { SLSA_SOURCE_LEVEL_2: 1740344579 },
      },
    ],
    [
      'tag provenance',
      fixtures.tagProvenance,
      { kind: 'tag', repository: REPOSITORY, tag: 'refs/tags/v1.0.0', actor: 'alice', controls: {} },
    ],
    [
      'SPDX 2',
      fixtures.spdx,
      { kind: 'sbom', format: 'spdx', components: [{ ...leftPad, digests: { sha256: 'ab' } }] },
    ],
    [
      'SPDX 3',
      fixtures.spdx3,
      { kind: 'sbom', format: 'spdx', components: [{ ...leftPad, digests: { sha256: 'ab' } }] },
    ],
    [
      'CycloneDX, components within components',
      fixtures.cycloneDx,
      {
        kind: 'sbom',
        format: 'cyclonedx',
        components: [
          { uri: 'pkg:npm/outer@2.0.0', name: 'outer', digests: { sha3_256: 'ab' } },
          { ...leftPad, digests: {} },
        ],
      },
    ],
    [
      'npm publish',
      fixtures.npmPublish,
      { kind: 'release', package: 'pkg:npm/%40acme/api', version: '1.0.0', registry: 'https://registry.example.org' },
    ],
    [
      'PyPI publish',
      fixtures.pypiPublish,
      { kind: 'release', package: 'pkg:pypi/acme-api', version: '1.0.0', registry: 'https://pypi.org' },
    ],
    ['in-toto release', fixtures.release, { kind: 'release', package: 'pkg:github/acme/api', version: 'v1.0.0' }],
    [
      'test result',
      fixtures.testResult,
      {
        kind: 'test-result',
        result: 'PASSED',
        configurations: [{ name: '.github/workflows/ci.yml', digests: { gitBlob: 'ef' } }],
      },
    ],
    [
      'vulnerability scan',
      fixtures.vulnerabilities,
      { kind: 'vulnerabilities', scanner: 'https://osv.dev', databaseUpdatedOn: time, found: ['CVE-2026-1'] },
    ],
    [
      'vulnerability scan v0.1',
      fixtures.oldVulnerabilities,
      { kind: 'vulnerabilities', scanner: 'https://osv.dev', found: ['CVE-2026-1'] },
    ],
    [
      'vulnerability scan of cosign, from the report of Trivy',
      fixtures.cosignVulnerabilities,
      { kind: 'vulnerabilities', scanner: 'pkg:github/aquasecurity/trivy@0.50.0', found: ['CVE-2026-1'] },
    ],
    ['approval', fixtures.approval, { kind: 'approval', approvers: ['bob', 'carol'], ref: 'refs/heads/main' }],
    [
      'approval of gittuf, without whoever was dismissed',
      fixtures.pullRequestApproval,
      { kind: 'approval', approvers: ['bob'], ref: 'refs/heads/main' },
    ],
    [
      'pin set',
      fixtures.pinSet,
      {
        kind: 'pin-set',
        pins: [
          {
            uri: 'git+https://github.com/actions/checkout',
            digests: { gitCommit: COMMIT },
            at: '.github/workflows/ci.yml:7',
          },
          { uri: 'git+https://github.com/acme/scan@refs/tags/v4', digests: {}, at: '.github/workflows/ci.yml:9' },
        ],
      },
    ],
  ])('is read: %s', (_, statement, expected) => {
    expect(claimOf(statement)).toEqual(expected);
  });

  it('of a predicate that nobody here knows is another one, without a fault', () => {
    expect(claimOf({ ...fixtures.summary, predicateType: 'https://example.com/v1' })).toEqual({ kind: 'other' });
  });

  it.each<[string, unknown, string]>([
    ['a predicate', { ...fixtures.githubProvenance, predicate: [] }, 'predicate is not an object'],
    ['a text', { ...fixtures.npmPublish, predicate: { name: 7 } }, 'predicate.name is not a text'],
    [
      'a time',
      { ...fixtures.summary, predicate: { verificationResult: 'PASSED', timeVerified: 'yesterday' } },
      'predicate.timeVerified is not an RFC 3339 time',
    ],
    ['a list', { ...fixtures.pinSet, predicate: { pins: {} } }, 'predicate.pins is not a list'],
    ['an item', { ...fixtures.pinSet, predicate: { pins: [1] } }, 'predicate.pins.0 is not an object'],
    ['a verdict', { ...fixtures.summary, predicate: {} }, 'predicate states no verification result'],
    [
      "a scanner's report",
      { ...fixtures.cosignVulnerabilities, predicate: { scanner: { result: { secret: 'x' } } } },
      'predicate.scanner.result is a report of an unknown form',
    ],
    ['a document', { ...fixtures.spdx, predicate: { Data: '{}' } }, 'predicate is no SPDX document'],
  ])('is no claim where its format does not have it so: %s', (_, statement, fault) => {
    expect(claimOf(statement)).toEqual({ kind: 'other', fault });
  });

  it('takes null and empty text for what is left out, as Go writes it', () => {
    const predicate = { ...fixtures.sourceProvenance.predicate, actor: '', controls: null, branch: null };
    expect(claimOf({ ...fixtures.sourceProvenance, predicate })).toMatchObject({ kind: 'source', controls: {} });
  });
});
