/** Releases: npm's publish attestation, PyPI's, and in-toto's release predicate. */
import type { ReleaseClaim } from './claim.ts';
import type { Fields } from './fields.ts';
import { npmPackage, readPackageUrl } from './package-url.ts';
import type { ClaimedSubject } from './statement-content.ts';

/** github.com/npm/attestation, specs/publish/v0.1. @throws ClaimFault */
export function readNpmPublish(predicate: Fields): ReleaseClaim {
  const name = predicate.text('name');
  if (name === undefined) throw predicate.fault('names no package');
  return {
    kind: 'release',
    package: npmPackage(name),
    version: predicate.text('version'),
    registry: predicate.text('registry'),
  };
}

/** in-toto.io/attestation/release v0.1 (`purl`) and v0.2 (`packageId`). @throws ClaimFault */
export function readRelease(predicate: Fields): ReleaseClaim {
  const stated = predicate.firstText('purl', 'packageId');
  const named = stated === undefined ? undefined : readPackageUrl(stated);
  return { kind: 'release', package: named?.package, version: named?.version, registry: undefined };
}

/** docs.pypi.org/attestations/publish/v1: the predicate is empty, the subject is a distribution's file name. */
export function readPypiPublish(_: Fields, [subject]: readonly ClaimedSubject[]): ReleaseClaim {
  // Wheels (PEP 427) and source distributions (PEP 625): the name ends at the first dash that a version follows.
  const [, name, version] = /^(.+?)-(\d[^-]*?)(?:-.*\.whl|\.tar\.gz|\.zip)$/.exec(subject?.name ?? '') ?? [];
  // PEP 503: one spelling for all that name the same project.
  const project = name?.toLowerCase().replaceAll(/[-_.]+/g, '-');
  return {
    kind: 'release',
    package: project === undefined ? undefined : `pkg:pypi/${project}`,
    version,
    registry: 'https://pypi.org',
  };
}
