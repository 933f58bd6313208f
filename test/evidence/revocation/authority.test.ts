import { describe, expect, it } from 'vitest';
import { ACME, codesOf, digest, ISSUER, OPERATOR, ROOTS, Story } from './story.ts';

const { namespace: _, ...rest } = ACME;
const wider = { ...ACME, owners: [...ACME.owners, { key: digest('dan') }] };
const revoke = {
  event: 'artifact-revoke',
  ...{ namespace: 'acme', severity: undefined, advisories: undefined, reason: 'malware' },
  ...{ target: { digests: { sha256: digest('app') }, package: undefined }, replacement: undefined },
} as const;
const app = new Map([['sha256', digest('app')]]);

describe('the first authority of a namespace', () => {
  it('comes from the operator', () => {
    expect(Story.ofAcme().ignored()).toBeUndefined();
  });

  it('never comes from whoever writes first', () => {
    const story = new Story();
    story.control({ event: 'authority-set', ...ACME }, ['alice', 'bob']);
    expect(story.ignored()).toMatch(/operator/);
  });

  it('may come from the verifier, and then not from the operator', () => {
    const story = new Story();
    story.control(
      {
        event: 'authority-set',
        ...rest,
        namespace: 'acme',
        owners: [{ key: digest('eve') }, { key: digest('mallory') }],
      },
      OPERATOR,
    );
    story.control(revoke, 'eve');
    const roots = { ...ROOTS, authorities: [ACME] };
    expect(story.standing({ roots }).ofArtifact(app)).toEqual([]);
    story.control(revoke, 'alice');
    expect(story.standing({ roots }).ofArtifact(app)).toHaveLength(1);
  });
});

describe('a change of authority', () => {
  it('takes k of n of the old and of the new owners', () => {
    const story = Story.ofAcme();
    story.control({ event: 'authority-set', ...wider }, ['alice', 'bob']);
    expect(story.ignored()).toBeUndefined();
  });

  it('is not made by too few of the old', () => {
    const story = Story.ofAcme();
    story.control({ event: 'authority-set', ...wider }, ['alice', 'dan']);
    expect(story.ignored()).toMatch(/2 of the owners so far, and 1 signed/);
  });

  it('is not made by too few of the new', () => {
    const story = Story.ofAcme();
    const others = { ...ACME, owners: [{ key: digest('dan') }, { key: digest('erin') }] };
    story.control({ event: 'authority-set', ...others }, ['alice', 'bob', 'dan']);
    expect(story.ignored()).toMatch(/2 of the new owners, and 1 signed/);
  });

  it('is not made by the operator', () => {
    const story = Story.ofAcme();
    story.control({ event: 'authority-set', ...wider }, OPERATOR);
    expect(story.ignored()).toMatch(/owners so far/);
  });

  it('by a key that turns out to be stolen falls, and the authority before it stands', () => {
    const thief = { ...ACME, owners: [{ key: digest('thief') }, { key: digest('mallory') }] };
    const story = Story.ofAcme();
    const stolenAt = story.size;
    story.control({ event: 'authority-set', ...thief }, ['alice', 'bob', 'thief', 'mallory']);
    expect(story.ignored()).toBeUndefined();
    story.control(
      {
        event: 'key-revoke',
        namespace: undefined,
        key: digest('bob'),
        reason: 'compromise',
        lastValidIndex: stolenAt - 1,
        comment: undefined,
      },
      'bob',
    );
    story.control(revoke, 'alice');
    expect(story.ignored()).toBeUndefined();
  });
});

describe('an authority that rests on one that fell', () => {
  it('falls with it', () => {
    const of = (...names: string[]) => ({ ...ACME, owners: names.map((name) => ({ key: digest(name) })) });
    const story = Story.ofAcme();
    const stolenAt = story.size;
    story.control({ event: 'authority-set', ...of('thief', 'mallory') }, ['alice', 'bob', 'thief', 'mallory']);
    story.control({ event: 'authority-set', ...of('eve', 'oscar') }, ['thief', 'mallory', 'eve', 'oscar']);
    const lost = { reason: 'compromise', lastValidIndex: stolenAt - 1, comment: undefined } as const;
    story.control({ event: 'key-revoke', namespace: undefined, key: digest('bob'), ...lost }, 'bob');
    story.control(revoke, 'eve');
    expect(story.ignored()).toMatch(/0 signed/);
    story.control(revoke, 'alice');
    expect(story.ignored()).toBeUndefined();
  });
});

describe('a threshold', () => {
  it('counts nobody twice who signs with one key twice', () => {
    const story = Story.ofAcme();
    story.control({ event: 'authority-set', ...wider }, ['alice', 'alice']);
    expect(story.ignored()).toMatch(/1 signed/);
  });

  it('counts an identity once, however many certificates it has', () => {
    const owners = [{ issuer: ISSUER, san: 'alice@acme.example' }, { key: digest('bob') }];
    const story = Story.ofAcme({ ...ACME, owners });
    const alice = (key: string) => ({ san: 'alice@acme.example', key });
    story.control({ event: 'authority-set', ...wider, owners }, [alice('one'), alice('two')]);
    expect(story.ignored()).toMatch(/1 signed/);
  });

  it('counts one signature for one principal, though two patterns fit it', () => {
    const owners = [
      { issuer: ISSUER, sanPattern: '*@acme.example' },
      { issuer: ISSUER, sanPattern: 'alice@*' },
    ];
    const story = Story.ofAcme({ ...ACME, owners });
    story.control({ event: 'authority-set', ...ACME, owners }, [{ san: 'alice@acme.example' }]);
    expect(story.ignored()).toMatch(/1 signed/);
  });

  it('counts no name that no trusted chain vouches for', () => {
    const owners = [{ issuer: ISSUER, san: 'alice@acme.example' }, { key: digest('bob') }];
    const story = Story.ofAcme({ ...ACME, owners });
    story.control(revoke, { san: 'alice@acme.example', chain: 'unverified' });
    expect(story.ignored()).toMatch(/0 signed/);
  });

  it('counts no key that was revoked before', () => {
    const story = Story.ofAcme();
    story.control(
      {
        event: 'key-revoke',
        namespace: undefined,
        key: digest('alice'),
        reason: 'retired',
        lastValidIndex: undefined,
        comment: undefined,
      },
      'alice',
    );
    story.control(revoke, 'alice');
    expect(story.ignored()).toMatch(/0 signed/);
  });
});

describe('a namespace without authority', () => {
  it('has nobody who could revoke in its name', () => {
    const story = new Story();
    story.control(revoke, ['alice', 'bob', OPERATOR]);
    expect(story.ignored()).toMatch(/no authority/);
  });
});

describe('a control statement', () => {
  it('takes effect once, in whatever form it is logged again', () => {
    const story = Story.ofAcme();
    const revoked = story.control({ ...revoke, issued: 1 }, 'alice');
    const clear = { event: 'artifact-clear', namespace: 'acme', target: revoke.target, reason: 'false alarm' } as const;
    story.control({ ...clear, reverses: [revoked] }, ['alice', 'bob']);
    story.control({ ...revoke, issued: 1 }, 'alice');
    expect(story.ignored()).toMatch(/before/);
    expect(story.standing().ofArtifact(app)).toEqual([]);
  });

  it('takes effect when enough sign what too few signed before', () => {
    const story = Story.ofAcme();
    story.control({ event: 'authority-set', ...wider, issued: 1 }, ['alice']);
    story.control({ event: 'authority-set', ...wider, issued: 1 }, ['alice', 'bob']);
    expect(story.ignored()).toBeUndefined();
  });

  it('without authority changes nothing', () => {
    const story = Story.ofAcme();
    const entry = story.entry();
    for (const event of [
      {
        event: 'key-revoke',
        namespace: 'acme',
        key: digest('builder'),
        reason: 'compromise',
        lastValidIndex: undefined,
        comment: undefined,
      },
      {
        event: 'builder-revoke',
        namespace: 'acme',
        builder: 'https://builder.example/b',
        versions: undefined,
        buildType: undefined,
        indexes: undefined,
        reason: 'x',
      },
      revoke,
    ] as const) {
      story.control(event, 'mallory');
      expect(story.ignored()).toMatch(/0 signed/);
    }
    expect(codesOf(story.standing(), entry)).toEqual([]);
  });

  it('takes effect from the statement that names it', () => {
    const story = Story.ofAcme();
    const index = story.control(revoke, 'alice');
    expect(story.standing({ size: index + 1 }).ofArtifact(app)).toEqual([]);
    expect(story.standing({ size: index + 2 }).ofArtifact(app)).toHaveLength(1);
  });
});
