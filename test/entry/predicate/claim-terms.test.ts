import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { payloadTerms } from '../../../src/entry/leaf/lookup.ts';
import { IN_TOTO } from '../../fixtures/make.ts';
import * as fixtures from '../../fixtures/predicates.ts';
import { termsOf } from './claim-of.ts';

const { COMMIT, REPOSITORY, RUN } = fixtures;

describe('the terms of a claim', () => {
  it('of provenance are package, run, repository, builder and what went in', () => {
    expect(termsOf(fixtures.npmProvenance)).toEqual([
      'package pkg:npm/%40acme/api',
      `invocation ${RUN}`,
      `repository ${REPOSITORY}`,
      'builder https://github.com/actions/runner/github-hosted',
      `dependency sha1:${COMMIT}`,
      `dependency gitCommit:${COMMIT}`,
      `dependency git+${REPOSITORY}@refs/heads/main`,
    ]);
  });

  it.each([
    ['a source summary', fixtures.summary, [`repository ${REPOSITORY}`]],
    ['a package summary', fixtures.oldSummary, ['package pkg:npm/%40acme/api']],
    ['source provenance', fixtures.sourceProvenance, [`repository ${REPOSITORY}`]],
    ['tag provenance', fixtures.tagProvenance, [`repository ${REPOSITORY}`]],
    ['a release', fixtures.release, ['package pkg:github/acme/api']],
    [
      'an SBOM',
      fixtures.spdx,
      ['dependency sha256:ab', 'dependency pkg:npm/left-pad@1.3.0', 'dependency pkg:npm/left-pad'],
    ],
    ['an approval', fixtures.approval, []],
  ])('of %s', (_, statement, terms) => {
    expect(termsOf(statement)).toEqual(terms);
  });

  it('of a pin set are its pins', () => {
    expect(termsOf(fixtures.pinSet)).toEqual([
      `dependency gitCommit:${COMMIT}`,
      'dependency git+https://github.com/actions/checkout',
      'dependency git+https://github.com/acme/scan@refs/tags/v4',
    ]);
  });

  it('name the package that a subject names by its URI', () => {
    const subject = [{ uri: 'pkg:maven/org.acme/api@2', digest: {} }];
    expect(termsOf({ ...fixtures.vulnerabilities, subject })).toEqual(['package pkg:maven/org.acme/api']);
  });

  it('are terms of the payload, after its subjects', () => {
    const terms = payloadTerms({ bytes: utf8(JSON.stringify(fixtures.npmProvenance)), type: IN_TOTO });
    expect(terms.map(({ kind }) => kind)).toEqual([
      'payload',
      'predicateType',
      'subject',
      'package',
      'invocation',
      'repository',
      'builder',
      'dependency',
      'dependency',
      'dependency',
    ]);
  });
});
