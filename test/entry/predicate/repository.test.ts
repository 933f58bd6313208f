import { describe, expect, it } from 'vitest';
import { readPackageUrl } from '../../../src/entry/predicate/package-url.ts';
import { readRepository } from '../../../src/entry/predicate/repository.ts';

const api = 'https://github.com/acme/api';
const commit = 'c0ffee00'.repeat(5);

describe('a repository', () => {
  it.each([
    ['git+https://github.com/acme/api@refs/heads/main', api, 'refs/heads/main', undefined],
    [`git+https://github.com/acme/api@${commit.toUpperCase()}`, api, undefined, commit],
    ['git+https://github.com/acme/api.git', api, undefined, undefined],
    ['https://GitHub.com/acme/api/', api, undefined, undefined],
    ['https://token:secret@github.com/acme/api', api, undefined, undefined],
    ['git@github.com:acme/api.git', api, undefined, undefined],
    ['git+ssh://git@github.com:22/acme/api.git@refs/tags/v1', api, 'refs/tags/v1', undefined],
    ['git://github.com/acme/api.git', api, undefined, undefined],
    [`https://github.com/acme/api/commit/${commit}`, api, undefined, commit],
    [`https://gitlab.com/a/b/c/-/commit/${commit}`, 'https://gitlab.com/a/b/c', undefined, commit],
    ['https://example.com:8443/acme/api@v1#sub?x', 'https://example.com:8443/acme/api', undefined, undefined],
  ])('has one form: %s', (uri, repository, ref, revision) => {
    expect(readRepository(uri)).toMatchObject({ repository, ref, commit: revision });
  });

  it.each([
    ['git+https://example.com/a', true],
    ['https://github.com/acme/api', true],
    ['https://github.com/acme/api/releases/tag/v1', false],
    ['https://example.com/file.tgz', false],
  ])('is told from a page: %s', (uri, isGit) => {
    expect(readRepository(uri)?.isGit).toBe(isGit);
  });

  it.each([
    'gs://bucket/object',
    'pkg:npm/a@1',
    'https://',
    'a',
    '',
    'https://github.com/',
    `https://a/${'b'.repeat(3000)}`,
  ])('is not %s', (uri) => {
    expect(readRepository(uri)).toBeUndefined();
  });
});

describe('a package URL', () => {
  it.each([
    ['pkg:npm/%40acme/api@1.0.0', 'pkg:npm/%40acme/api', '1.0.0'],
    ['pkg:npm/@acme/api@1.0.0', 'pkg:npm/%40acme/api', '1.0.0'],
    ['pkg:npm/@acme/api', 'pkg:npm/%40acme/api', undefined],
    ['pkg:NPM/api', 'pkg:npm/api', undefined],
    ['pkg:oci/api@sha256%3Aab?repository_url=ghcr.io#x', 'pkg:oci/api', 'sha256:ab'],
    ['pkg:github/acme/api@refs/tags/v1', 'pkg:github/acme/api', 'refs/tags/v1'],
    ['pkg:npm/a@%zz', 'pkg:npm/a', '%zz'],
  ])('%s names its package', (text, name, version) => {
    expect(readPackageUrl(text)).toEqual({ package: name, version });
  });

  it.each(['npm/api', 'pkg:', 'pkg:npm', 'pkg:npm/', 'pkg:1/a'])('is not %s', (text) => {
    expect(readPackageUrl(text)).toBeUndefined();
  });
});
