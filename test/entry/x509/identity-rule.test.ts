import { describe, expect, it } from 'vitest';
import { isIdentityOf } from '../../../src/entry/x509/identity-rule.ts';

const issuer = 'https://issuer.example';
const holder = (...names: string[]) => ({ oidcIssuer: issuer, names });

describe('an identity', () => {
  it('is of the rule by one of its names, and by its issuer', () => {
    expect(isIdentityOf({ issuer, san: 'a@b.example' }, holder('x', 'a@b.example'))).toBe(true);
    expect(isIdentityOf({ issuer, san: 'a@b.example' }, holder('a@b.example.evil', 'xa@b.example'))).toBe(false);
    expect(isIdentityOf({ issuer: `${issuer}/`, san: 'a@b.example' }, holder('a@b.example'))).toBe(false);
    expect(isIdentityOf({ issuer, san: 'a' }, { oidcIssuer: undefined, names: ['a'] })).toBe(false);
    expect(isIdentityOf({ issuer, sanPattern: '*' }, holder())).toBe(false);
  });

  it.each([
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['a.c', 'abc', false],
    ['*', '', true],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['a*c', 'abbc', true],
    ['ab*bc', 'abc', false],
    ['a*b*c', 'axbyc', true],
    ['a*b*c', 'acb', false],
    ['a**c', 'abc', true],
    ['*b*b*', 'ab', false],
    ['https://ci.example/app/*@refs/tags/v*', 'https://ci.example/app/build.yml@refs/tags/v1', true],
    ['https://ci.example/app/*@refs/tags/v*', 'https://ci.example/app/build.yml@refs/heads/main', false],
    ['https://ci.example/app/*', 'https://evil.example/?https://ci.example/app/', false],
  ])('pattern %s on %s: %s', (sanPattern, name, expected) => {
    expect(isIdentityOf({ issuer, sanPattern }, holder(name))).toBe(expected);
  });

  it('is judged in one pass, whatever the pattern', () => {
    const started = performance.now();
    expect(isIdentityOf({ issuer, sanPattern: `${'*a'.repeat(1000)}*b` }, holder('a'.repeat(16_000)))).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
