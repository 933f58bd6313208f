/** Identities of pipelines that ran what was tainted: suspended from then on, until an owner reinstates them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/evidence/facts/evidence.ts';
import { digest, ISSUER, type Signer, Story } from './story.ts';

const dependency = { uri: 'pkg:npm/bad@1.0.0', name: undefined, digests: new Map([['sha256', 'bd'.repeat(32)]]) };
const target = { digests: { sha256: 'bd'.repeat(32) }, package: undefined };
const pipeline: Signer = { san: 'https://github.com/acme/api/release.yml' };
const taint = (story: Story) =>
  story.control(
    {
      ...{ event: 'dependency-taint', namespace: 'acme', target, scope: 'namespace' },
      ...{ window: undefined, advisories: undefined, reason: 'poisoned' },
    },
    'alice',
  );
const reinstate = (story: Story, index: number, by: Signer[], more: { validFrom?: number; san?: string } = {}) =>
  story.control(
    {
      ...{ event: 'identity-reinstate', namespace: 'acme', repositoryId: undefined, reverses: [index] },
      identity: { issuer: ISSUER, san: more.san ?? 'https://github.com/acme/api/release.yml' },
      ...{ validFrom: more.validFrom, reason: 'rotated' },
    },
    by,
  );
const ranIt = (story: Story, by: Signer = pipeline) => story.entry({ by, claim: { dependencies: [dependency] } });
const pending = (story: Story, entry: Evidence, others: readonly Evidence[], size?: number) =>
  story.standing({ ...(size !== undefined && { size }) }).ofPipeline(entry, others);

describe('an identity that ran what was tainted', () => {
  it('is suspended for what is logged afterwards, and for nothing before', () => {
    const story = Story.ofAcme();
    const ran = ranIt(story);
    const before = story.entry({ by: pipeline });
    const index = taint(story);
    const after = story.entry({ by: pipeline });
    expect(pending(story, before, [ran])).toEqual([]);
    expect(pending(story, after, [ran])).toMatchObject([{ code: 'IDENTITY_PENDING', by: [index], namespace: 'acme' }]);
  });

  it('is suspended for what came in the batch of the taint', () => {
    const story = Story.ofAcme();
    const ran = ranIt(story);
    const entry = story.batch(() => {
      const first = story.entry({ by: pipeline });
      taint(story);
      return first;
    });
    expect(pending(story, entry, [ran])).toHaveLength(1);
  });

  it('is the one that ran it, and nobody whom a certificate that anyone can make names', () => {
    const story = Story.ofAcme();
    const ran = ranIt(story, { san: 'https://github.com/acme/api/release.yml', chain: 'unverified', key: 'forger' });
    taint(story);
    expect(pending(story, story.entry({ by: pipeline }), [ran])).toEqual([]);
    expect(pending(story, story.entry({ by: { san: 'someone else' } }), [ranIt(story)])).toEqual([]);
  });

  it('is not suspended by an inventory that lists it', () => {
    const story = Story.ofAcme();
    const inventory = {
      ...ranIt(story),
      claim: { kind: 'sbom', format: 'spdx', components: [dependency] },
    } as Evidence;
    taint(story);
    expect(pending(story, story.entry({ by: pipeline }), [inventory])).toEqual([]);
  });

  it('stands again once as many owners as it takes reinstate it, from where they say', () => {
    const story = Story.ofAcme();
    const ran = ranIt(story);
    const index = taint(story);
    const early = story.entry({ by: pipeline });
    reinstate(story, index, ['alice']);
    expect(pending(story, early, [ran])).toHaveLength(1);
    reinstate(story, index, ['alice', 'bob'], { validFrom: early.index + 1 });
    const late = story.entry({ by: pipeline });
    expect([pending(story, early, [ran]).length, pending(story, late, [ran]).length]).toEqual([1, 0]);
  });

  it('is suspended again where an owner who reinstated it turns out to be a thief', () => {
    const story = Story.ofAcme();
    const ran = ranIt(story);
    reinstate(story, taint(story), ['alice', 'bob']);
    const entry = story.entry({ by: pipeline });
    expect(pending(story, entry, [ran])).toEqual([]);
    const revoke = { event: 'key-revoke', namespace: 'acme', key: digest('alice'), reason: 'compromise' } as const;
    story.control({ ...revoke, lastValidIndex: undefined, comment: undefined }, 'carol');
    expect(pending(story, entry, [ran])).toHaveLength(1);
  });

  it('leaves the tainted build itself tainted when it is reinstated', () => {
    const story = Story.ofAcme();
    const ran = ranIt(story);
    reinstate(story, taint(story), ['alice', 'bob']);
    expect(story.standing().ofEvidence(ran)).toMatchObject([{ code: 'DEPENDENCY_TAINTED' }]);
  });

  it('is not reinstated by clearing what is no hold', () => {
    const story = Story.ofAcme();
    const index = taint(story);
    const clear = { event: 'artifact-clear', namespace: 'acme', target, reverses: [index], reason: 'x' } as const;
    story.control(clear, ['alice', 'bob']);
    expect(story.ignored()).toContain('not in effect');
  });
});

const step = fc.record({
  what: fc.constantFrom('run', 'entry', 'taint', 'reinstate', 'other'),
  who: fc.constantFrom('one', 'two'),
  pick: fc.nat({ max: 8 }),
});

it('is a function of the log up to a size, and only reinstatements end it', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 4, maxLength: 16 }), (steps) => {
      const story = Story.ofAcme();
      const entries: Evidence[] = [];
      const taints: number[] = [];
      let known = new Map<string, number>();
      for (const { what, who, pick } of steps) {
        const sizeBefore = story.size;
        if (what === 'run') entries.push(ranIt(story, { san: who }));
        else if (what === 'entry') entries.push(story.entry({ by: { san: who } }));
        else if (what === 'taint') taints.push(taint(story));
        else if (what === 'other') {
          story.control({ event: 'key-revoke', namespace: undefined, key: 'ff', reason: 'retired' } as never, 'nobody');
        } else if (taints.length > 0) reinstate(story, taints[pick % taints.length]!, ['alice', 'bob'], { san: who });
        const now = new Map<string, number>();
        for (const entry of entries) {
          for (const { by } of pending(story, entry, entries)) now.set(`${entry.index} ${by.join()}`, 1);
        }
        if (what !== 'reinstate') for (const name of known.keys()) expect(now.has(name)).toBe(true);
        // What a smaller log said is said of it again.
        const then = entries.filter(({ index }) => index < sizeBefore);
        const again = then.flatMap((entry) =>
          pending(story, entry, then, sizeBefore).map(({ by }) => `${entry.index} ${by.join()}`),
        );
        expect(new Set(again)).toEqual(new Set(known.keys()));
        known = now;
      }
    }),
    { numRuns: 200 },
  );
});
