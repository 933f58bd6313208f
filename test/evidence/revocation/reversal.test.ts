import { describe, expect, it } from 'vitest';
import { ACME, codesOf, digest, ISSUER, OPERATOR, Story } from './story.ts';

const target = { digests: { sha256: digest('app') }, package: undefined } as const;
const app = new Map([['sha256', digest('app')]]);
const hold = { namespace: 'acme', target, severity: undefined, advisories: undefined, reason: 'suspicious' } as const;
const quarantine = { event: 'artifact-quarantine', ...hold } as const;
const revoke = { event: 'artifact-revoke', ...hold, replacement: undefined } as const;
const clear = (...reverses: number[]) =>
  ({ event: 'artifact-clear', namespace: 'acme', target, reverses, reason: 'false alarm' }) as const;

const WORKFLOW = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main';
const identity = { issuer: ISSUER, sanPattern: 'https://github.com/acme/app/*' } as const;
const suspend = (from: number, repositoryId?: string) =>
  ({ event: 'identity-suspend', namespace: 'acme', identity, repositoryId, from, reason: 'runner' }) as const;
const reinstate = (reverses: number[], validFrom?: number) =>
  ({
    event: 'identity-reinstate',
    ...{ namespace: 'acme', identity, repositoryId: undefined, reverses, validFrom },
    reason: 'rebuilt',
  }) as const;

describe('artifact-quarantine', () => {
  it.each(['alice', 'carol', 'olga', OPERATOR])('is for %s to order', (by) => {
    const story = Story.ofAcme();
    story.control(quarantine, by);
    expect(story.standing().ofArtifact(app)).toMatchObject([{ code: 'ARTIFACT_QUARANTINED', namespace: 'acme' }]);
  });

  it('is not for any signer to order', () => {
    const story = Story.ofAcme();
    story.control(quarantine, 'mallory');
    expect(story.standing().ofArtifact(app)).toEqual([]);
  });
});

describe('artifact-revoke', () => {
  it('is for owners and revokers', () => {
    const story = Story.ofAcme();
    story.control(revoke, 'carol');
    expect(story.standing().ofArtifact(app)).toMatchObject([{ code: 'ARTIFACT_REVOKED' }]);
  });

  it.each(['olga', OPERATOR])('is not for %s, who may only quarantine', (by) => {
    const story = Story.ofAcme();
    story.control(revoke, by);
    expect(story.standing().ofArtifact(app)).toEqual([]);
  });

  it('finds the artifact by any of its digests', () => {
    const story = Story.ofAcme();
    story.control({ ...revoke, target: { digests: { sha512: '5'.repeat(128) }, package: undefined } }, 'alice');
    const found = story.standing().ofArtifact(
      new Map([
        ['sha256', digest('x')],
        ['sha512', '5'.repeat(128)],
      ]),
    );
    expect(found).toHaveLength(1);
  });

  it('of a version of a package names that version, and evidence about it', () => {
    const story = Story.ofAcme();
    const purl = 'pkg:npm/%40acme/api@1.2.3';
    const of = (name: string) => story.entry({ subjects: [{ name, digests: app }] });
    const [hit, miss] = [of(`${purl}?x=1`), of('pkg:npm/%40acme/api@1.2.4')];
    story.control({ ...revoke, target: { digests: undefined, package: 'pkg:npm/%40acme/api@1.2.3?x=1' } }, 'alice');
    expect(codesOf(story.standing(), hit)).toEqual(['ARTIFACT_REVOKED']);
    expect(codesOf(story.standing(), miss)).toEqual([]);
    expect(story.standing().ofArtifact(new Map(), [`${purl}?x=1`])).toHaveLength(1);
  });

  it('of a package names every version of it', () => {
    const story = Story.ofAcme();
    story.control({ ...revoke, target: { digests: undefined, package: 'pkg:npm/%40acme/api' } }, 'alice');
    expect(story.standing().ofArtifact(new Map(), ['pkg:npm/%40acme/api@9.0.0'])).toHaveLength(1);
    expect(story.standing().ofArtifact(new Map(), ['pkg:npm/%40acme/api-evil@9.0.0'])).toEqual([]);
  });
});

describe('a reversal', () => {
  it('is a new event, and takes as many as it takes to reinstate', () => {
    const story = Story.ofAcme();
    const index = story.control(revoke, 'carol');
    story.control(clear(index), ['alice']);
    expect(story.ignored()).toMatch(/2 of the owners, and 1 signed/);
    story.control(clear(index), ['alice', 'bob']);
    expect(story.standing().ofArtifact(app)).toEqual([]);
  });

  it('takes no fewer than the revocation took, whatever the authority says since', () => {
    const strict = { ...ACME, thresholds: { ...ACME.thresholds, revoke: 2 } };
    const story = Story.ofAcme(strict);
    const index = story.control(revoke, ['alice', 'bob']);
    story.control(
      { event: 'authority-set', ...ACME, thresholds: { authority: 2, grant: 1, revoke: 1, reinstate: 1 } },
      ['alice', 'bob'],
    );
    expect(story.ignored()).toBeUndefined();
    story.control(clear(index), 'alice');
    expect(story.ignored()).toMatch(/2 of the owners, and 1 signed/);
  });

  it('is never the operator’s, not even of his own quarantine', () => {
    const story = Story.ofAcme();
    const index = story.control(quarantine, OPERATOR);
    story.control(clear(index), [OPERATOR, 'olga']);
    expect(story.standing().ofArtifact(app)).toHaveLength(1);
  });

  it('is never the operator’s, also where he is listed among the owners', () => {
    const owners = [{ key: digest('alice') }, { key: digest(OPERATOR) }];
    const story = Story.ofAcme({ ...ACME, owners });
    const index = story.control(quarantine, 'carol');
    story.control(clear(index), ['alice', OPERATOR]);
    expect(story.ignored()).toMatch(/1 signed/);
  });

  it('is not a revoker’s', () => {
    const story = Story.ofAcme();
    const index = story.control(revoke, 'carol');
    story.control(clear(index), ['carol', 'alice']);
    expect(story.ignored()).toMatch(/1 signed/);
  });

  it('ends what it names and nothing else', () => {
    const story = Story.ofAcme();
    const first = story.control(revoke, 'alice');
    const second = story.control(revoke, 'bob');
    story.control(clear(first), ['alice', 'bob']);
    expect(
      story
        .standing()
        .ofArtifact(app)
        .map(({ by }) => by),
    ).toEqual([[second]]);
  });

  it('names what is in effect on the same artifact', () => {
    const story = Story.ofAcme();
    story.control({ ...revoke, target: { digests: { sha256: digest('other') }, package: undefined } }, 'alice');
    story.control(clear(story.size - 2), ['alice', 'bob']);
    expect(story.ignored()).toMatch(/not in effect/);
  });

  it('by a key that turns out to be stolen is none', () => {
    const story = Story.ofAcme();
    const index = story.control(revoke, 'alice');
    const stolenAt = story.size;
    story.control(clear(index), ['alice', 'bob']);
    expect(story.standing().ofArtifact(app)).toEqual([]);
    story.control(
      {
        event: 'key-revoke',
        namespace: 'acme',
        key: digest('bob'),
        reason: 'compromise',
        lastValidIndex: stolenAt - 1,
        comment: undefined,
      },
      'alice',
    );
    expect(story.standing().ofArtifact(app)).toHaveLength(1);
  });

  it('by a stolen key is not made up for by the operator among the owners', () => {
    const owners = ['alice', 'bob', OPERATOR].map((name) => ({ key: digest(name) }));
    const story = Story.ofAcme({ ...ACME, owners });
    const index = story.control(revoke, 'alice');
    const lost = { reason: 'compromise', lastValidIndex: story.size - 1, comment: undefined } as const;
    story.control(clear(index), ['alice', 'bob', OPERATOR]);
    expect(story.standing().ofArtifact(app)).toEqual([]);
    story.control({ event: 'key-revoke', namespace: 'acme', key: digest('bob'), ...lost }, 'alice');
    expect(story.standing().ofArtifact(app)).toHaveLength(1);
  });

  it('in the batch in which its signer is revoked is none', () => {
    const story = Story.ofAcme();
    const index = story.control(revoke, 'alice');
    story.batch(() => {
      story.control(clear(index), ['alice', 'bob']);
      story.control(
        {
          event: 'key-revoke',
          namespace: 'acme',
          key: digest('bob'),
          reason: 'retired',
          lastValidIndex: undefined,
          comment: undefined,
        },
        'alice',
      );
    });
    expect(story.standing().ofArtifact(app)).toHaveLength(1);
  });
});

describe('identity-suspend', () => {
  it('holds entries from an index on, also those that were logged before it', () => {
    const story = Story.ofAcme();
    const before = story.entry({ by: { san: WORKFLOW } });
    const after = story.entry({ by: { san: WORKFLOW } });
    story.control(suspend(after.index), 'alice');
    expect(codesOf(story.standing(), before)).toEqual([]);
    expect(codesOf(story.standing(), after)).toEqual(['IDENTITY_SUSPENDED']);
  });

  it('needs no trusted chain to bind', () => {
    const story = Story.ofAcme();
    const entry = story.entry({ by: { san: WORKFLOW, chain: 'unverified' } });
    story.control(suspend(0), 'alice');
    expect(codesOf(story.standing(), entry)).toEqual(['IDENTITY_SUSPENDED']);
  });

  it('may mean one repository of that name only', () => {
    const story = Story.ofAcme();
    const of = (id: string) => story.entry({ by: { san: WORKFLOW, facts: { sourceRepositoryIdentifier: id } } });
    const [hit, miss] = [of('42'), of('43')];
    story.control(suspend(0, '42'), 'alice');
    expect(codesOf(story.standing(), hit)).toEqual(['IDENTITY_SUSPENDED']);
    expect(codesOf(story.standing(), miss)).toEqual([]);
  });

  it('does not reach what another namespace covers', () => {
    const story = Story.ofAcme();
    const san = 'https://github.com/other/app/.github/workflows/x@main';
    const entry = story.entry({ by: { san }, claim: { repository: 'https://github.com/other/app' } });
    story.control({ ...suspend(0), identity: { issuer: ISSUER, san } }, 'alice');
    expect(codesOf(story.standing(), entry)).toEqual([]);
  });

  it('ends with reinstatement, by as many as that takes', () => {
    const story = Story.ofAcme();
    const entry = story.entry({ by: { san: WORKFLOW } });
    const index = story.control(suspend(0), 'alice');
    story.control(reinstate([index]), 'alice');
    expect(codesOf(story.standing(), entry)).toEqual(['IDENTITY_SUSPENDED']);
    story.control(reinstate([index]), ['alice', 'bob']);
    expect(codesOf(story.standing(), entry)).toEqual([]);
  });

  it('ends with reinstatement for entries from an index on, where it says so', () => {
    const story = Story.ofAcme();
    const meanwhile = story.entry({ by: { san: WORKFLOW } });
    const index = story.control(suspend(0), 'alice');
    const after = story.entry({ by: { san: WORKFLOW } });
    story.control(reinstate([index], after.index), ['alice', 'bob']);
    expect(codesOf(story.standing(), meanwhile)).toEqual(['IDENTITY_SUSPENDED']);
    expect(codesOf(story.standing(), after)).toEqual([]);
  });
});
