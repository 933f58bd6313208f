import { describe, expect, it } from 'vitest';
import type { Selector } from '../../../src/entry/control/withdraw.ts';
import { codesOf, dependency, digest, ISSUER, Story, TIME, type Told } from './story.ts';

const COMMIT = '0e58ed8'.padEnd(40, '0');
const withdraw = (selector: Selector, namespace?: string) =>
  ({ event: 'withdraw', namespace, selector, reason: 'made by mistake' }) as const;

describe('withdraw', () => {
  const leavesOf = (entry: { leafHash: string; credentials: readonly { eventId: string }[] }): Selector => ({
    by: 'leaves',
    leaves: [{ leafHash: entry.leafHash, events: entry.credentials.map(({ eventId }) => eventId) }],
  });

  it('is for the original signer', () => {
    const story = Story.ofAcme();
    const [mine, other] = [story.entry(), story.entry()];
    story.control(withdraw(leavesOf(mine)), 'builder');
    expect(codesOf(story.standing(), mine)).toEqual(['WITHDRAWN']);
    expect(codesOf(story.standing(), other)).toEqual([]);
  });

  it('is for the original identity, whose key is gone', () => {
    const story = Story.ofAcme();
    const san = 'https://github.com/acme/app/.github/workflows/x@main';
    const mine = story.entry({ by: { san } });
    story.control(withdraw(leavesOf(mine)), { san, chain: 'unverified' });
    expect(codesOf(story.standing(), mine)).toEqual([]);
    story.control(withdraw(leavesOf(mine)), { san });
    expect(codesOf(story.standing(), mine)).toEqual(['WITHDRAWN']);
  });

  it('is for nobody else', () => {
    const story = Story.ofAcme();
    const entry = story.entry();
    story.control(withdraw(leavesOf(entry)), 'mallory');
    expect(codesOf(story.standing(), entry)).toEqual([]);
  });

  it('is for owners, of what they cover', () => {
    const story = Story.ofAcme();
    const mine = story.entry();
    const foreign = story.entry({ claim: { repository: 'https://github.com/other/x' } });
    story.control(withdraw(leavesOf(mine), 'acme'), 'carol');
    story.control(withdraw(leavesOf(foreign), 'acme'), 'carol');
    expect(codesOf(story.standing(), mine)).toEqual(['WITHDRAWN']);
    expect(codesOf(story.standing(), foreign)).toEqual([]);
  });

  it('is not for whoever has a key that was revoked before', () => {
    const story = Story.ofAcme();
    const entry = story.entry();
    const key = digest('builder');
    const stolen = { reason: 'compromise', lastValidIndex: entry.index, comment: undefined } as const;
    story.control({ event: 'key-revoke', namespace: 'acme', key, ...stolen }, 'alice');
    story.control(withdraw(leavesOf(entry)), 'builder');
    expect(codesOf(story.standing(), entry)).toEqual([]);
  });

  it('reaches the same signing event in another leaf', () => {
    const story = Story.ofAcme();
    const mine = story.entry({ over: 'the same' });
    story.control(withdraw(leavesOf(mine)), 'builder');
    const again = story.entry({ over: 'the same' });
    expect(again.leafHash).not.toBe(mine.leafHash);
    expect(codesOf(story.standing(), again)).toEqual(['WITHDRAWN']);
  });

  it('by one of two signers does not name the event of the other', () => {
    const story = Story.ofAcme();
    const alone = story.entry({ over: 'the same' });
    const both = story.entry({ over: 'the same', by: ['builder', 'mallory'] });
    story.control(withdraw(leavesOf(both)), 'mallory');
    expect(codesOf(story.standing(), both)).toEqual(['WITHDRAWN']);
    expect(codesOf(story.standing(), alone)).toEqual([]);
  });

  it('A22: by invocation takes all that one build said, and nothing else of the identity', () => {
    const story = Story.ofAcme();
    const [bad, good] = ['run/1', 'run/2'].map((invocation) => story.entry({ claim: { invocation } }));
    story.control(withdraw({ by: 'invocation', invocation: 'run/1' }, 'acme'), 'alice');
    expect(codesOf(story.standing(), bad!)).toEqual(['WITHDRAWN']);
    expect(codesOf(story.standing(), good!)).toEqual([]);
  });

  it('by invocation also takes what only the certificate ascribes to it', () => {
    const story = Story.ofAcme();
    const entry = story.entry({ by: { san: 'x', facts: { runInvocationURI: 'run/1' } } });
    story.control(withdraw({ by: 'invocation', invocation: 'run/1' }, 'acme'), 'alice');
    expect(codesOf(story.standing(), entry)).toEqual(['WITHDRAWN']);
  });

  it('by identity takes its entries within the window', () => {
    const story = Story.ofAcme();
    const san = 'https://github.com/acme/app/x';
    const [before, within, after] = [0, 1, 2].map(() => story.entry({ by: { san } }));
    const indexes = { from: within!.index, to: within!.index };
    story.control(withdraw({ by: 'identity', identity: { issuer: ISSUER, san }, indexes }, 'acme'), 'alice');
    const standing = story.standing();
    expect([before!, within!, after!].map((entry) => codesOf(standing, entry))).toEqual([[], ['WITHDRAWN'], []]);
  });

  it('by commit takes what is about that commit of that repository', () => {
    const story = Story.ofAcme();
    const repository = 'https://github.com/acme/app';
    const hit = story.entry({ claim: { commit: COMMIT } });
    const elsewhere = story.entry({ claim: { commit: COMMIT, repository: 'https://github.com/acme/web' } });
    story.control(withdraw({ by: 'commit', repository, commit: COMMIT }, 'acme'), 'alice');
    expect(codesOf(story.standing(), hit)).toEqual(['WITHDRAWN']);
    expect(codesOf(story.standing(), elsewhere)).toEqual([]);
  });
});

describe('builder-revoke', () => {
  const revoke = (more: object) =>
    ({
      event: 'builder-revoke',
      ...{ namespace: 'acme', builder: 'https://builder.example/b', reason: 'poisoned cache' },
      ...{ versions: undefined, buildType: undefined, indexes: undefined },
      ...more,
    }) as Told;

  function codesAfter(more: object, claims: { builder?: string; buildType?: string }[], by = 'olga'): string[][] {
    const story = Story.ofAcme();
    const entries = claims.map((claim) => story.entry({ claim }));
    story.control(revoke(more), by);
    return entries.map((entry) => codesOf(story.standing(), entry));
  }

  const HIT = ['BUILDER_REVOKED'];

  it('takes every version of the builder where it names none', () => {
    const claims = [{ builder: 'https://builder.example/b' }, { builder: 'https://builder.example/b@v9' }];
    expect(codesAfter({}, [...claims, { builder: 'https://builder.example/c' }])).toEqual([HIT, HIT, []]);
  });

  it('takes the version that the builder’s id names', () => {
    const claims = ['@v1', '@v2'].map((version) => ({ builder: `https://builder.example/b${version}` }));
    expect(codesAfter({ builder: 'https://builder.example/b@v1' }, claims)).toEqual([HIT, []]);
  });

  it('takes a range of versions, and those that cannot be read', () => {
    const claims = ['@v1.1.9', '@refs/tags/v1.2.0', '@1.3.9', '@v1.4.0', '@refs/heads/main', ''].map((version) => ({
      builder: `https://builder.example/b${version}`,
    }));
    expect(codesAfter({ versions: { from: '1.2', below: '1.4' } }, claims)).toEqual([[], HIT, HIT, [], HIT, HIT]);
  });

  it('takes one build type', () => {
    expect(codesAfter({ buildType: 'urn:bad' }, [{ buildType: 'urn:bad' }, { buildType: 'urn:good' }])).toEqual([
      HIT,
      [],
    ]);
  });

  it('A19: takes a stretch of the log', () => {
    const story = Story.ofAcme();
    const entries = [0, 1, 2].map(() => story.entry());
    story.control(revoke({ indexes: { from: entries[1]!.index, to: entries[1]!.index } }), 'alice');
    expect(entries.map((entry) => codesOf(story.standing(), entry))).toEqual([[], HIT, []]);
  });

  it('is not for any signer', () => {
    expect(codesAfter({}, [{}], 'mallory')).toEqual([[]]);
  });
});

describe('dependency-taint', () => {
  const taint = (more: object) =>
    ({
      event: 'dependency-taint',
      ...{ namespace: 'acme', scope: 'namespace' as const, advisories: undefined },
      ...{ target: { digests: { gitCommit: COMMIT }, package: undefined }, window: undefined, reason: 'moved tag' },
      ...more,
    }) as Told;
  const bad = [dependency({ uri: 'git+https://github.com/a/b@v1', gitCommit: COMMIT })];

  it('A19: taints every build that lists it, and no other', () => {
    const story = Story.ofAcme();
    const good = story.entry({ claim: { dependencies: [dependency({ gitCommit: '11'.repeat(20) })] } });
    const hit = story.entry({ claim: { dependencies: bad } });
    story.control(taint({}), 'alice');
    expect(codesOf(story.standing(), hit)).toEqual(['DEPENDENCY_TAINTED']);
    expect(codesOf(story.standing(), good)).toEqual([]);
  });

  it('taints software bills of material that list it', () => {
    const story = Story.ofAcme();
    const sbom = { ...story.entry({ by: 'alice' }), claim: { kind: 'sbom', format: 'spdx', components: bad } } as const;
    story.control(taint({}), 'alice');
    expect(codesOf(story.standing(), sbom)).toEqual(['DEPENDENCY_TAINTED']);
  });

  it('taints by package URL', () => {
    const story = Story.ofAcme();
    const of = (uri: string) => story.entry({ claim: { dependencies: [dependency({ uri })] } });
    const [hit, miss] = [of('pkg:npm/left-pad@1.0.0'), of('pkg:npm/left-pad@1.0.1')];
    story.control(taint({ target: { digests: undefined, package: 'pkg:npm/left-pad@1.0.0' } }), 'alice');
    expect(codesOf(story.standing(), hit)).toEqual(['DEPENDENCY_TAINTED']);
    expect(codesOf(story.standing(), miss)).toEqual([]);
  });

  it('taints builds that ran within its window', () => {
    const story = Story.ofAcme();
    const window = { from: TIME + 1000, to: TIME + 2000 };
    const ran = (startedOn: number | undefined, loggedAt: number) =>
      story.entry({ claim: { dependencies: bad, startedOn }, loggedAt });
    const entries = [
      ran(TIME + 900, TIME + 950),
      ran(TIME + 1500, TIME + 1600),
      ran(TIME + 1900, TIME + 2500),
      ran(TIME + 2100, TIME + 2500),
      ran(undefined, TIME + 2500),
    ];
    story.control(taint({ window }), 'alice');
    const standing = story.standing();
    expect(entries.map((entry) => codesOf(standing, entry).length)).toEqual([0, 1, 1, 0, 1]);
  });

  it('of a consumer does not reach what others build, unless a verifier follows him', () => {
    const story = Story.ofAcme();
    const foreign = story.entry({ claim: { dependencies: bad, repository: 'https://github.com/other/x' } });
    story.control(taint({ scope: 'policy' }), 'alice');
    expect(codesOf(story.standing(), foreign)).toEqual([]);
    expect(codesOf(story.standing({ follows: ['acme'] }), foreign)).toEqual(['DEPENDENCY_TAINTED']);
  });

  it('is told of the dependency itself', () => {
    const story = Story.ofAcme();
    story.control(taint({}), 'alice');
    expect(story.standing().ofArtifact(new Map([['gitCommit', COMMIT]]))).toMatchObject([
      { code: 'DEPENDENCY_TAINTED' },
    ]);
  });

  it('is not for any signer', () => {
    const story = Story.ofAcme();
    const entry = story.entry({ claim: { dependencies: bad } });
    story.control(taint({}), 'mallory');
    expect(codesOf(story.standing(), entry)).toEqual([]);
  });
});

describe('supersede', () => {
  it('B15: is information about the artifact', () => {
    const story = Story.ofAcme();
    const target = { digests: { sha256: digest('old') }, package: undefined };
    story.control(
      { event: 'supersede', namespace: 'acme', target, replacement: { sha256: digest('new') }, reason: 'patched' },
      'bob',
    );
    expect(story.standing().ofArtifact(new Map([['sha256', digest('old')]]))).toMatchObject([{ code: 'SUPERSEDED' }]);
  });
});

describe('exception-grant', () => {
  const grant = {
    event: 'exception-grant',
    namespace: 'acme',
    subject: `sha256:${digest('app')}`,
    rule: 'min-age',
    reason: 'incident',
  } as const;

  it('is in effect until it ends, with the owners who approved it', () => {
    const story = Story.ofAcme();
    const index = story.control({ ...grant, until: TIME + 100 }, ['alice', 'bob', 'mallory']);
    const expected = {
      index,
      rule: 'min-age',
      subject: grant.subject,
      until: TIME + 100,
      reason: 'incident',
      approvers: 2,
    };
    expect(story.standing().exceptions('acme', TIME + 99)).toEqual([expected]);
    expect(story.standing().exceptions('acme', TIME + 100)).toEqual([]);
  });

  it('is not for the operator to grant', () => {
    const story = Story.ofAcme();
    story.control({ ...grant, until: TIME + 100 }, ['operator', 'olga']);
    expect(story.standing().exceptions('acme', TIME)).toEqual([]);
  });

  it('falls with a stolen key that granted it', () => {
    const story = Story.ofAcme();
    const index = story.control({ ...grant, until: TIME + 100 }, 'bob');
    story.control(
      {
        event: 'key-revoke',
        namespace: 'acme',
        key: digest('bob'),
        reason: 'compromise',
        lastValidIndex: index - 1,
        comment: undefined,
      },
      'alice',
    );
    expect(story.standing().exceptions('acme', TIME)).toEqual([]);
  });
});

describe('policy-set', () => {
  it('sets the policy of the namespace, until the next one', () => {
    const story = Story.ofAcme();
    const set = (policy: string) =>
      ({ event: 'policy-set', namespace: 'acme', policy: digest(policy), name: undefined }) as const;
    story.control(set('one'), 'alice');
    const index = story.control(set('two'), 'bob');
    expect(story.standing().policy('acme')).toEqual({ index, sha256: digest('two') });
  });
});
