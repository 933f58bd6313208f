import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/evidence/facts/evidence.ts';
import { RevocationState } from '../../../src/evidence/revocation/revocation-state.ts';
import { StandingAt } from '../../../src/evidence/revocation/standing-at.ts';
import { ACME, dependency, digest, ISSUER, OPERATOR, ROOTS, type Signer, Story, type Told } from './story.ts';

const WORKFLOW = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main';
const SIGNERS: Signer[] = ['alice', 'bob', 'carol', 'olga', OPERATOR, 'builder', 'mallory', { san: WORKFLOW }];
const KEYS = ['alice', 'bob', 'builder', 'mallory'];
const target = { digests: { sha256: digest('app') }, package: undefined };
const identity = { issuer: ISSUER, san: WORKFLOW };

const signer = fc.constantFrom(...SIGNERS);
const by = fc.uniqueArray(signer, { minLength: 1, maxLength: 3 });
const index = fc.integer({ min: 0, max: 40 });
const namespace = fc.constantFrom('acme', 'other');

/** Events that meddle with each other as often as can be. */
const event: fc.Arbitrary<Told> = fc.oneof(
  fc
    .record({
      event: fc.constant('authority-set' as const),
      owners: fc.uniqueArray(fc.constantFrom(...KEYS.map(digest)), { minLength: 2, maxLength: 3 }),
      namespace,
    })
    .map(({ owners, ...rest }) => ({ ...ACME, ...rest, owners: owners.map((key) => ({ key })) })),
  fc.record({
    event: fc.constant('key-authorize' as const),
    ...{
      namespace,
      key: fc.constantFrom(...KEYS.map(digest)),
      principal: fc.constant('p'),
      kind: fc.constant('file' as const),
    },
    ...{ scopes: fc.constant([]), notAfter: fc.constant(undefined) },
  }),
  fc.record({
    event: fc.constant('key-revoke' as const),
    ...{ namespace: fc.option(namespace, { nil: undefined }), key: fc.constantFrom(...KEYS.map(digest)) },
    ...{ reason: fc.constantFrom('compromise' as const, 'retired' as const), comment: fc.constant(undefined) },
    lastValidIndex: fc.option(index, { nil: undefined }),
  }),
  fc.record({
    event: fc.constant('identity-suspend' as const),
    ...{ namespace, identity: fc.constant(identity), from: index, reason: fc.constant('r') },
    repositoryId: fc.constant(undefined),
  }),
  fc.record({
    event: fc.constant('identity-reinstate' as const),
    ...{ namespace, identity: fc.constant(identity), reason: fc.constant('r'), repositoryId: fc.constant(undefined) },
    ...{
      reverses: fc.uniqueArray(index, { minLength: 1, maxLength: 3 }),
      validFrom: fc.option(index, { nil: undefined }),
    },
  }),
  fc.record({
    event: fc.constant('artifact-revoke' as const),
    ...{ namespace, target: fc.constant(target), reason: fc.constant('r'), severity: fc.constant(undefined) },
    ...{ advisories: fc.constant(undefined), replacement: fc.constant(undefined) },
  }),
  fc.record({
    event: fc.constant('artifact-clear' as const),
    ...{ namespace, target: fc.constant(target), reason: fc.constant('r') },
    reverses: fc.uniqueArray(index, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    event: fc.constant('withdraw' as const),
    ...{ namespace: fc.option(namespace, { nil: undefined }), reason: fc.constant('r') },
    selector: fc.constantFrom(
      { by: 'invocation', invocation: 'run/1' } as const,
      { by: 'leaves', leaves: [{ leafHash: digest('x'), events: [digest('the same by builder')] }] } as const,
    ),
  }),
  fc.record({
    event: fc.constant('dependency-taint' as const),
    ...{ namespace, reason: fc.constant('r'), advisories: fc.constant(undefined), window: fc.constant(undefined) },
    ...{ scope: fc.constantFrom('namespace' as const, 'policy' as const), target: fc.constant(target) },
  }),
);

type Step = { control: Told; by: readonly Signer[] } | { entry: Signer };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ control: event, by }) },
  { weight: 1, arbitrary: fc.record({ entry: signer }) },
);
const told = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 15 });

function tell(batches: readonly (readonly Step[])[]): { story: Story; entries: Evidence[] } {
  const story = Story.ofAcme();
  const entries: Evidence[] = [];
  const dependencies = [dependency({ sha256: digest('app') })];
  for (const batch of batches) {
    story.batch(() => {
      for (const one of batch) {
        if ('control' in one) story.control(one.control, one.by);
        else
          entries.push(story.entry({ by: one.entry, over: 'the same', claim: { invocation: 'run/1', dependencies } }));
      }
    });
  }
  return { story, entries };
}

function everything(standing: StandingAt, entries: readonly Evidence[]) {
  return {
    artifact: standing.ofArtifact(new Map([['sha256', digest('app')]])),
    entries: entries.map((entry) => standing.ofEvidence(entry)),
    policies: ['acme', 'other'].map((name) => standing.policy(name)),
  };
}

describe('the state of revocation', () => {
  it('that grew event by event is the one that a replay from scratch gives, at every size', () => {
    fc.assert(
      fc.property(told, (batches) => {
        const { story, entries } = tell(batches);
        const grown = RevocationState.from(ROOTS);
        let applied = 0;
        for (let size = 0; size <= story.size; size++) {
          for (; (story.records[applied]?.effectiveFrom ?? size) < size; applied++)
            grown.apply(story.records[applied]!);
          const incremental = new StandingAt(grown.inForce, { size: applied, root: '' });
          const replayed = story.standing({ size });
          expect(everything(incremental, entries)).toEqual(everything(replayed, entries));
          expect(replayed.feedSize).toBe(applied);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is not changed by what is applied to a copy of it', () => {
    fc.assert(
      fc.property(told, fc.nat(), (batches, at) => {
        const { story, entries } = tell(batches);
        const cut = at % (story.records.length + 1);
        const state = RevocationState.from(ROOTS);
        for (const record of story.records.slice(0, cut)) state.apply(record);
        const standing = new StandingAt(state.inForce, { size: cut, root: '' });
        const before = everything(standing, entries);
        const copy = state.copy();
        for (const record of story.records.slice(cut)) copy.apply(record);
        expect(everything(standing, entries)).toEqual(before);
        const after = everything(new StandingAt(copy.inForce, { size: cut, root: '' }), entries);
        expect(after).toEqual(everything(story.standing(), entries));
      }),
      { numRuns: 100 },
    );
  });

  it('never gives anything back by what one signer of an owner’s threshold of two says', () => {
    fc.assert(
      fc.property(told, fc.constantFrom(...SIGNERS), (batches, only) => {
        const alone = batches.map((batch) => batch.map((one) => ('control' in one ? { ...one, by: [only] } : one)));
        const { story, entries } = tell(alone);
        const before = new Map<Evidence, number>();
        for (let size = 0; size <= story.size; size++) {
          const standing = story.standing({ size });
          for (const entry of entries) {
            const rulings = standing.ofEvidence(entry).filter(({ code }) => code !== 'KEY_NOT_AUTHORIZED').length;
            expect(rulings).toBeGreaterThanOrEqual(before.get(entry) ?? 0);
            before.set(entry, rulings);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
