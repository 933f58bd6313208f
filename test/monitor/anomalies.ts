/** Twelve things that a monitor must find, and the rules by which it does. */
import { createHash } from 'node:crypto';
import { readMonitorRules } from '../../src/monitor/rules.ts';
import { testKey } from '../fixtures/make.ts';
import { Authority } from '../scenarios/authority.ts';
import type { ScenarioLog, Signed } from '../scenarios/scenario-log.ts';
import {
  artifactOf,
  commitOf,
  identity,
  identityOf,
  npmPublish,
  provenanceOf,
  type Run,
  SOURCE_VERIFIER,
  tagSeen,
} from '../scenarios/statements.ts';

export const ACME = 'https://github.com/acme/web';
export const REGISTRY = identity('https://registry.example/~acme', 'https://accounts.registry.example');
const stolen = testKey('p256', 'a key that nobody should use');

export const rules = readMonitorRules(`
watch:
  identities:
    - { san: "https://github.com/acme/**", workflows: ["https://github.com/acme/web/.github/workflows/release.yml@**"] }
    - { san: "mailto:ceo@acme.example" }
    - { facts: { sourceRepositoryIdentifier: "666" } }
  keys: ["${hash(stolen.spki)}"]
  subjects: ["sha256:${artifactOf('the crown jewels').digests.get('sha256')}"]
  builders: ["https://builder.mallory.example/**"]
  predicateTypes: ["https://acme.example/emergency/**"]
releases: { packages: ["pkg:npm/%40acme/*"], grace: 10m }
burst: { perIdentity: 20/10m }
tags: ["https://github.com/acme/*"]
revocations: true
silence: 1h
`);

function hash(spki: Uint8Array): string {
  return createHash('sha256').update(spki).digest('hex');
}

export function run(of: string, more: Partial<Run> = {}): Run {
  return {
    ...{ repository: ACME, repositoryId: '4242', commit: commitOf(of), ref: 'refs/heads/main' },
    ...{ workflow: '.github/workflows/release.yml', trigger: 'push', runner: 'github-hosted' },
    invocation: `${ACME}/actions/runs/${commitOf(of).slice(0, 8)}`,
    ...more,
  };
}

/** Their kinds, sorted. */
export const PLANTED: readonly string[] = [
  ...['identity-outside-workflow', 'identity-used', 'identity-used', 'key-used', 'subject-named', 'builder-named'],
  ...['predicate-logged', 'provenance-downgrade', 'release-without-provenance', 'tag-moved', 'burst'],
  'control-statement',
].toSorted();

/** Logs them one after another. `v3` of the repository, and releases of `lib-1` with provenance, must be there before. */
export async function plant(log: ScenarioLog, between: (at: number) => Promise<void>): Promise<void> {
  const late = artifactOf('pkg:npm/%40acme/lib-1@1.500.0');
  const unbuilt = artifactOf('pkg:npm/%40acme/tool@0.3.0');
  const elsewhere = run('elsewhere', { workflow: '.github/workflows/discussion.yml' });
  const foreign = run('foreign', { repository: 'https://github.com/mallory/web', repositoryId: '666' });
  const planted: Signed[][] = [
    [{ statement: provenanceOf(elsewhere, [artifactOf('anything')]), by: identityOf(elsewhere) }],
    [
      {
        statement: tagSeen('https://example.org/other', 'v1', commitOf('x')),
        by: identity('mailto:ceo@acme.example', 'https://mail'),
      },
    ],
    [{ statement: provenanceOf(foreign, [artifactOf('something')]), by: identityOf(foreign) }],
    [{ statement: tagSeen('https://example.org/other', 'v2', commitOf('y')), by: stolen }],
    [{ statement: provenanceOf(run('jewels'), [artifactOf('the crown jewels')]), by: identityOf(run('jewels')) }],
    [{ statement: builtBy('https://builder.mallory.example/1'), by: testKey('p256', 'builder') }],
    [{ statement: ofType('https://acme.example/emergency/v1'), by: testKey('p256', 'firefighter') }],
    [{ statement: npmPublish(late, '@acme/lib-1', '1.500.0'), by: REGISTRY }],
    [{ statement: npmPublish(unbuilt, '@acme/tool', '0.3.0'), by: REGISTRY }],
    [{ statement: tagSeen(ACME, 'v3', commitOf('another')), by: SOURCE_VERIFIER }],
  ];
  for (const [at, one] of planted.entries()) {
    await log.log(...one);
    await log.pass(1200);
    await between(at);
  }
  // Eleven: a burst, in three minutes, of somebody's that is of no concern otherwise.
  const busy = identity('https://ci.example/busy', 'https://ci.example');
  for (let at = 0; at < 25; at++) {
    await log.log({ statement: tagSeen('https://example.org/busy', `b${at}`, commitOf(`b${at}`)), by: busy });
    await log.pass(7);
  }
  // Twelve: a control statement.
  await Authority.over(log, 'acme', [`${ACME}*`]);
}

function builtBy(builder: string): object {
  const made = provenanceOf(run('built'), [artifactOf('whatever')]) as { predicate: { runDetails: object } };
  return {
    ...made,
    predicate: { ...made.predicate, runDetails: { ...made.predicate.runDetails, builder: { id: builder } } },
  };
}

function ofType(predicateType: string): object {
  return { ...(tagSeen('https://example.org/other', 'v9', commitOf('z')) as object), predicateType, predicate: {} };
}
