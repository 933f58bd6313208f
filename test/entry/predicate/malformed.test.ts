import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimTerms } from '../../../src/entry/predicate/claim-terms.ts';
import { readClaim } from '../../../src/entry/predicate/read-claim.ts';
import * as fixtures from '../../fixtures/predicates.ts';

const statements = Object.values(fixtures).filter((one) => typeof one !== 'string');

/** The same document with one value in it replaced: which one, `choice` says. */
function withReplaced(document: unknown, choice: number, value: unknown): unknown {
  let left = choice;
  function walk(node: unknown): unknown {
    if (left-- === 0) return value;
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([name, member]) => [name, walk(member)]));
  }
  return walk(document);
}

describe('reading claims', () => {
  it('never throws, whatever stands in place of any value', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.webUrl(),
      fc.constantFrom('pkg:', 'git+', 'git@a:b', '@', 'https://a/@'),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...statements),
        fc.nat(80),
        anything,
        ({ predicateType, predicate }, choice, value) => {
          const changed = withReplaced(predicate, choice, value);
          const subjects = [{ name: typeof value === 'string' ? value : undefined, digests: new Map() }];
          const claim = readClaim({ predicateType, predicate: changed, subjects });
          for (const { value: term } of claimTerms(claim, { subjects })) expect(term).toBeTypeOf('string');
        },
      ),
      { numRuns: 5000 },
    );
  });
});
