import { describe, expect, it } from 'vitest';
import type { KeyRevoke } from '../../../src/entry/control/key-events.ts';
import { ACME, codesOf, digest, Story, TIME } from './story.ts';

const BUILDER = digest('builder');

function keyRevoke(reason: KeyRevoke['reason'], lastValidIndex?: number, namespace: string | undefined = 'acme') {
  return { event: 'key-revoke', namespace, key: BUILDER, reason, lastValidIndex, comment: undefined } as const;
}

function authorize(more: { scopes?: string[]; notAfter?: number; key?: string } = {}) {
  return {
    event: 'key-authorize',
    ...{ namespace: 'acme', key: more.key ?? BUILDER, principal: 'release team' },
    ...{ scopes: more.scopes ?? [], kind: 'file' as const, notAfter: more.notAfter },
  } as const;
}

describe('key-revoke: superseded and retired', () => {
  it.each(['superseded', 'retired'] as const)('%s: entries before it stand, later ones do not', (reason) => {
    const story = Story.ofAcme();
    const before = story.entry();
    story.control(keyRevoke(reason), 'alice');
    const after = story.entry();
    expect(codesOf(story.standing(), before)).toEqual([]);
    expect(codesOf(story.standing(), after)).toEqual(['KEY_REVOKED']);
  });

  it('in one batch revocation wins: an entry before it in its batch does not stand', () => {
    const story = Story.ofAcme();
    const earlier = story.entry();
    const same = story.batch(() => {
      const entry = story.entry();
      story.control(keyRevoke('retired'), 'alice');
      return entry;
    });
    expect(codesOf(story.standing(), earlier)).toEqual([]);
    expect(codesOf(story.standing(), same)).toEqual(['KEY_REVOKED']);
  });

  it('in one batch two keys that revoke each other are both revoked', () => {
    const story = Story.ofAcme();
    story.batch(() => {
      story.control({ ...keyRevoke('compromise'), key: digest('alice') }, 'bob');
      story.control({ ...keyRevoke('compromise'), key: digest('bob') }, 'alice');
    });
    expect(story.outcomes().map(({ ignored }) => ignored)).toEqual([undefined, undefined, undefined]);
  });
});

describe('key-revoke: compromise', () => {
  it('A19: entries up to the last valid index stand, later ones do not, also those logged before the revocation', () => {
    const story = Story.ofAcme();
    const good = story.entry();
    const stolen = story.entry();
    story.control(keyRevoke('compromise', good.index), 'alice');
    const after = story.entry();
    const standing = story.standing();
    expect([good, stolen, after].map((entry) => codesOf(standing, entry))).toEqual([
      [],
      ['KEY_REVOKED'],
      ['KEY_REVOKED'],
    ]);
  });

  it('without a last valid index no entry of the key stands', () => {
    const story = Story.ofAcme();
    const first = story.entry();
    story.control(keyRevoke('compromise'), 'alice');
    expect(codesOf(story.standing(), first)).toEqual(['KEY_REVOKED']);
  });

  it('that is not explained is judged as compromise', () => {
    const story = Story.ofAcme();
    const first = story.entry();
    story.control(keyRevoke('unspecified'), 'alice');
    expect(codesOf(story.standing(), first)).toEqual(['KEY_REVOKED']);
  });

  it('whatever the certificate claims: an entry is judged by its index', () => {
    const story = Story.ofAcme();
    story.control(keyRevoke('compromise', story.size), 'alice');
    const backdated = story.entry({ by: { san: 'https://github.com/acme/x', key: 'builder' }, loggedAt: TIME - 1e6 });
    expect(codesOf(story.standing(), backdated)).toEqual(['KEY_REVOKED']);
  });

  it('names the statement, its reason and its namespace', () => {
    const story = Story.ofAcme();
    const entry = story.entry();
    const index = story.control(keyRevoke('compromise'), 'alice');
    expect(story.standing().ofEvidence(entry)).toEqual([
      { code: 'KEY_REVOKED', by: [index], reason: 'compromise', namespace: 'acme' },
    ]);
  });
});

describe('who may revoke a key', () => {
  it('the key itself, for whatever it signed', () => {
    const story = Story.ofAcme();
    const foreign = story.entry({ claim: { repository: 'https://github.com/other/x' } });
    story.control({ ...keyRevoke('compromise'), namespace: undefined }, 'builder');
    expect(codesOf(story.standing(), foreign)).toEqual(['KEY_REVOKED']);
  });

  it('the key itself, once: saying so again changes nothing, unless it goes farther', () => {
    const story = Story.ofAcme();
    const first = story.entry();
    story.control(keyRevoke('retired', undefined, undefined), 'builder');
    story.control(keyRevoke('retired', undefined, undefined), 'builder');
    expect(story.ignored()).toMatch(/before/);
    expect(codesOf(story.standing(), first)).toEqual([]);
    story.control(keyRevoke('compromise', undefined, undefined), 'builder');
    expect(codesOf(story.standing(), first)).toEqual(['KEY_REVOKED']);
  });

  it('a revoker', () => {
    const story = Story.ofAcme();
    const entry = story.entry();
    story.control(keyRevoke('compromise'), 'carol');
    expect(codesOf(story.standing(), entry)).toEqual(['KEY_REVOKED']);
  });

  it('owners, for what their namespace covers and for nothing else', () => {
    const story = Story.ofAcme();
    const foreign = story.entry({ claim: { repository: 'https://github.com/other/x' } });
    story.control(keyRevoke('compromise'), 'alice');
    expect(codesOf(story.standing(), foreign)).toEqual([]);
  });

  it('owners, for all that a key of theirs signed, also what bears no name', () => {
    const story = Story.ofAcme();
    story.control(authorize(), 'alice');
    const bare = { ...story.entry(), claim: undefined, payload: 'absent' as const };
    story.control(keyRevoke('compromise'), 'alice');
    expect(codesOf(story.standing(), bare)).toEqual(['KEY_REVOKED']);
  });

  it('not the operator', () => {
    const story = Story.ofAcme();
    story.control(keyRevoke('compromise'), 'operator');
    expect(story.ignored()).toMatch(/0 signed/);
  });

  it('not an owner of another namespace', () => {
    const story = Story.ofAcme();
    const other = {
      ...ACME,
      namespace: 'other',
      covers: ['https://github.com/other/*'],
      owners: [{ key: digest('zoe') }, { key: digest('yan') }],
    };
    story.control({ event: 'authority-set', ...other }, 'operator');
    const entry = story.entry();
    story.control(keyRevoke('compromise', undefined, 'other'), 'zoe');
    expect(story.ignored()).toBeUndefined();
    expect(codesOf(story.standing(), entry)).toEqual([]);
  });

  it('takes down an entry that another good key signed too: whoever stole one key can add his own', () => {
    const story = Story.ofAcme();
    const both = story.entry({ by: ['builder', 'other'] });
    story.control(keyRevoke('compromise'), 'alice');
    expect(codesOf(story.standing(), both)).toEqual(['KEY_REVOKED']);
  });
});

describe('authorised keys', () => {
  it('B3: authorised at one index, superseded at a later one: only what lies between stands', () => {
    const story = Story.ofAcme();
    const before = story.entry();
    story.control(authorize(), 'alice');
    const between = story.entry();
    story.control(keyRevoke('superseded'), 'alice');
    const after = story.entry();
    const standing = story.standing();
    expect([before, between, after].map((entry) => codesOf(standing, entry))).toEqual([
      ['KEY_NOT_AUTHORIZED'],
      [],
      ['KEY_REVOKED'],
    ]);
  });

  it('leave no room for a bare key that nobody authorised', () => {
    const story = Story.ofAcme();
    story.control(authorize(), 'alice');
    expect(codesOf(story.standing(), story.entry({ by: 'mallory' }))).toEqual(['KEY_NOT_AUTHORIZED']);
  });

  it('leave identities under trusted chains alone, and nobody else with a certificate', () => {
    const story = Story.ofAcme();
    story.control(authorize(), 'alice');
    const san = 'https://github.com/acme/app/.github/workflows/r.yml@refs/heads/main';
    expect(codesOf(story.standing(), story.entry({ by: { san } }))).toEqual([]);
    expect(codesOf(story.standing(), story.entry({ by: { san, chain: 'unverified' } }))).toEqual([
      'KEY_NOT_AUTHORIZED',
    ]);
  });

  it('do not concern what another namespace covers', () => {
    const story = Story.ofAcme();
    story.control(authorize(), 'alice');
    const foreign = story.entry({ by: 'mallory', claim: { repository: 'https://github.com/other/x' } });
    expect(codesOf(story.standing(), foreign)).toEqual([]);
  });

  it('B11: end with log time', () => {
    const story = Story.ofAcme();
    story.control(authorize({ notAfter: TIME + 50 }), 'alice');
    expect(codesOf(story.standing(), story.entry({ loggedAt: TIME + 50 }))).toEqual([]);
    expect(codesOf(story.standing(), story.entry({ loggedAt: TIME + 51 }))).toEqual(['KEY_NOT_AUTHORIZED']);
  });

  it('are good for their scopes', () => {
    const story = Story.ofAcme();
    story.control(authorize({ scopes: ['https://github.com/acme/app'] }), 'alice');
    const other = story.entry({ claim: { repository: 'https://github.com/acme/web' } });
    expect(codesOf(story.standing(), story.entry())).toEqual([]);
    expect(codesOf(story.standing(), other)).toEqual(['KEY_NOT_AUTHORIZED']);
  });

  it('that a stolen key granted fall with it', () => {
    const story = Story.ofAcme();
    story.control(authorize(), 'alice');
    const stolenAt = story.size;
    story.control(authorize({ key: digest('mallory') }), 'bob');
    const entry = story.entry({ by: 'mallory' });
    expect(codesOf(story.standing(), entry)).toEqual([]);
    story.control({ ...keyRevoke('compromise', stolenAt - 1), key: digest('bob') }, 'alice');
    expect(codesOf(story.standing(), entry)).toEqual(['KEY_NOT_AUTHORIZED']);
  });

  it('B11: that are rotated hand over', () => {
    const story = Story.ofAcme();
    story.control(authorize(), 'alice');
    const old = story.entry();
    const rotate = { ...authorize({ key: digest('next') }), event: 'key-rotate', previous: BUILDER } as const;
    story.control(rotate, 'alice');
    const standing = story.standing();
    expect(codesOf(standing, old)).toEqual([]);
    expect(codesOf(standing, story.entry())).toEqual(['KEY_REVOKED']);
    expect(codesOf(standing, story.entry({ by: 'next' }))).toEqual([]);
  });
});
