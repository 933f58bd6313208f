/** Source and tag provenance of slsa-framework/source-tool, in the spellings that its history has. */
import type { SourceClaim, TagClaim } from './claim.ts';
import type { Fields } from './fields.ts';
import { asCommit, normalRepository } from './repository.ts';

/** @throws ClaimFault */
export function readSourceProvenance(predicate: Fields): SourceClaim {
  return {
    kind: 'source',
    repository: repositoryOf(predicate),
    ref: predicate.text('branch'),
    previousCommit: asCommit(predicate.firstText('prevCommit', 'prev_commit')),
    actor: predicate.text('actor'),
    actorKind: predicate.firstText('actorKind', 'actor_kind'),
    activity: predicate.firstText('activityType', 'activity_type'),
    controls: controlsOf(predicate),
  };
}

/** @throws ClaimFault */
export function readTagProvenance(predicate: Fields): TagClaim {
  return {
    kind: 'tag',
    repository: repositoryOf(predicate),
    tag: predicate.text('tag'),
    actor: predicate.text('actor'),
    controls: controlsOf(predicate),
  };
}

function repositoryOf(predicate: Fields): string | undefined {
  const uri = predicate.firstText('repoUri', 'repo_uri');
  return uri === undefined ? undefined : normalRepository(uri);
}

/** A list of `{name, since}`; before that a map from names to `{since}`. */
function controlsOf(predicate: Fields): ReadonlyMap<string, number | undefined> {
  const controls = new Map<string, number | undefined>();
  for (const control of predicate.objects('controls')) {
    const name = control.text('name');
    if (name === undefined) throw control.fault('has no name');
    controls.set(name, control.time('since'));
  }
  const properties = predicate.in('properties');
  for (const name of Object.keys(properties.members ?? {})) controls.set(name, properties.in(name).time('since'));
  return controls;
}
