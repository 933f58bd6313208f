import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches, starsIn } from '../../../../src/evidence/policy/document/pattern.ts';

describe('a pattern', () => {
  it.each([
    ['refs/tags/v*', 'refs/tags/v1.0', true],
    ['refs/tags/v*', 'refs/tags/v', true],
    ['refs/tags/v*', 'refs/tags/v1/rc', false],
    ['refs/tags/v*', 'refs/heads/v1', false],
    ['https://github.com/acme/*', 'https://github.com/acme/api', true],
    ['https://github.com/acme/*', 'https://github.com/acme/api/evil', false],
    ['https://github.com/acme/**', 'https://github.com/acme/api/evil', true],
    ['https://npm.example/', 'https://npm.example/a/b', true],
    ['https://npm.example/', 'https://npm.example', false],
    ['https://npm.example/', 'https://npm.example.evil/', false],
    ['a?c', 'abc', false],
    ['a?c', 'a?c', true],
    ['a[bc]', 'ab', false],
    ['a.c', 'abc', false],
    ['*', '', true],
    ['*', '/', false],
    ['**', 'a/b\nc', true],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'a1b2c3', false],
    ['A', 'a', false],
    ['*\u{1f600}', '1\u{1f600}', true],
  ])('%j, %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it('says what the same regular expression says', () => {
    const alphabet = fc.constantFrom('a', 'b', '/', '*', '**');
    fc.assert(
      fc.property(
        fc.array(alphabet, { maxLength: 10 }),
        fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 10 }),
        (parts, text) => {
          const pattern = parts.join('');
          const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
          const source = whole.replace(/\*\*+/g, '@').replace(/\*/g, '[^/]*').replace(/@/g, '.*');
          expect(matches(pattern, text.join(''))).toBe(new RegExp(`^${source}$`).test(text.join('')));
        },
      ),
    );
  });

  it('counts a run of stars once', () => {
    expect([starsIn('a*b**c'), starsIn('a/'), starsIn('a')]).toEqual([2, 1, 0]);
  });
});
