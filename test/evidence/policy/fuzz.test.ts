/** Random policies, worlds, documents and expressions. `npm run test:policy-fuzz` runs many more of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLogError } from '../../../src/core/errors.ts';
import type { Decision } from '../../../src/evidence/policy/decision.ts';
import { PRESET_NAMES } from '../../../src/evidence/policy/document/policy.ts';
import { evaluate } from '../../../src/evidence/policy/evaluate.ts';
import { type Policy, readPolicy } from '../../../src/evidence/policy/policy.ts';
import { AFTER_BUILD } from '../../../src/evidence/policy/rule.ts';
import { RULES } from '../../../src/evidence/policy/rules.ts';
import { type Chain, codesOf, fullChain, inputOf, policyText } from './chain.ts';
import { asked, chainOf, inputIn, shouldAllow, type World, world } from './world.ts';

const RUNS = Number(process.env.COUNTERSIGN_POLICY_RUNS ?? 300);
const SEED = process.env.COUNTERSIGN_POLICY_SEED;
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const TIMEOUT = Math.max(30_000, RUNS * 30);

const presets = fc.constantFrom(...PRESET_NAMES).map((name) => policyText(`extends: ${name}\n`));

/** Worlds tried with one policy, whose document takes longer to read than all of them to judge. */
const WORLDS = 10;

describe('random policies in random worlds', () => {
  const policies = fc.oneof(
    { arbitrary: asked, weight: 9 },
    { arbitrary: presets.map((text) => ({ text, requirements: undefined })), weight: 1 },
  );
  const worlds = fc.array(world, { minLength: WORLDS, maxLength: WORLDS });

  it('allow what is worked out independently, nothing with a rule that does not pass, and never for want of evidence', {
    timeout: TIMEOUT,
  }, async () => {
    let allowed = 0;
    await fc.assert(
      fc.asyncProperty(policies, worlds, async ({ text, requirements }, all) => {
        const policy = await readPolicy(text);
        for (const one of all) {
          const chain = chainOf(one);
          const decision = evaluate(policy, inputIn(one, chain));
          const isAllowed = decision.decision === 'ALLOW';
          if (requirements !== undefined) {
            expect([isAllowed, codesOf(decision)]).toEqual([shouldAllow(requirements, one), expect.anything()]);
          }
          if (isAllowed) {
            allowed++;
            expectAllPassed(policy, decision);
          } else expectStillDenied(policy, one, chain);
        }
      }),
      { ...PARAMETERS, numRuns: Math.ceil(RUNS / WORLDS) },
    );
    // A test in which nothing is ever allowed, or everything, would show nothing.
    expect(allowed).toBeGreaterThan(0);
    expect(allowed).toBeLessThan(RUNS);
  });
});

function expectAllPassed(policy: Policy, { results }: Decision): void {
  for (const id of requiredBy(policy))
    expect([id, results.find(({ rule }) => rule === id)?.outcome]).toEqual([id, 'pass']);
  expect(results.every(({ outcome }) => outcome === 'pass')).toBe(true);
}

function expectStillDenied(policy: Policy, one: World, chain: Partial<Chain>): void {
  for (const name of Object.keys(chain)) {
    // Observations of tags are conflicts, and negative on purpose.
    if (name === 'tag') continue;
    const rest = Object.fromEntries(Object.entries(chain).filter(([other]) => other !== name));
    expect([name, evaluate(policy, inputIn(one, rest)).decision]).toEqual([name, 'DENY']);
  }
}

/** Rules that must show up in a decision. What revocation explains shows up as well, where nothing was taken back. */
function requiredBy({ document }: Policy): string[] {
  return RULES.filter(
    (rule) => rule.expected(document) !== undefined && (rule.phases ?? AFTER_BUILD).includes('deploy'),
  )
    .filter((rule) => rule.explains !== true)
    .map(({ id }) => id);
}

const BASE = policyText(`extends: regulated
expires: 2027-01-31
applies: ["pkg:npm/@acme/*"]
assert:
  - {id: one, cel: 'provenance.trigger == "push"', message: push it}
exceptions:
  - {rule: source.level, subject: "sha256:${'ab'.repeat(32)}", until: 2026-12-01, reason: r, approvedBy: [a, b]}
`);

/** Documents with a few pieces cut out, doubled, or replaced by what YAML makes something odd of. */
const spoilt = fc
  .array(
    fc.record({
      at: fc.nat(BASE.length),
      length: fc.nat(40),
      put: fc.oneof(
        fc.constantFrom(
          '',
          ' ',
          '\n',
          ': ',
          '- ',
          '{',
          '}',
          '[',
          ']',
          '"',
          "'",
          '&a ',
          '*a ',
          '!x ',
          '? ',
          '<<: ',
          '#',
          '%',
          '\t',
          '\u0000',
        ),
        fc.constantFrom(
          'null',
          '~',
          '.nan',
          '0x1',
          '1e9',
          'true',
          '[]',
          '{}',
          '__proto__: 1\n',
          'constructor',
          '\u{1f600}',
          '\ud800',
        ),
        fc.string({ maxLength: 8 }),
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((edits) => edits.reduce((text, { at, length, put }) => text.slice(0, at) + put + text.slice(at + length), BASE));

describe('random documents', () => {
  it('are refused as policy_invalid, or are policies', { timeout: TIMEOUT }, async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(spoilt, async (text) => {
        const policy = await readPolicy(text).catch((error: unknown) => {
          if (isLogError(error, 'policy_invalid')) return undefined;
          throw error;
        });
        if (policy === undefined) return;
        read++;
        evaluate(policy, inputOf(fullChain()));
        expect(evaluate(policy, inputOf({})).decision).toBe('DENY');
      }),
      PARAMETERS,
    );
    expect(read).toBeGreaterThan(0);
  });
});

const leaf = fc.constantFrom(
  ...['true', 'false', 'null', '1', '-1', '0.5', '9223372036854775807', '"a"', '[]', '{}', '[1, 2]', 'a', 'b"x"', '""'],
  ...[
    'provenance.trigger',
    'provenance',
    'deps',
    'source.levels',
    'log.treeSize',
    'cert',
    'cert.nothing',
    'log',
    'signers',
  ],
  ...['provenance.__proto__', 'provenance.constructor', 'deps[0].uri', 'deps[99]', 'artifact.digests["sha256"]'],
);

const expression = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('any'), fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '>=', '&&', '||', 'in'), tie('any'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    fc.tuple(fc.constantFrom('!', '-'), tie('any')).map(([operator, a]) => `${operator}(${a})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc
      .tuple(tie('any'), fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter'), tie('any'))
      .map(([a, macro, b]) => `${a}.${macro}(a, ${b})`),
    fc
      .tuple(
        fc.constantFrom('has', 'size', 'string', 'int', 'double', 'seconds', 'timestamp', 'dyn', 'type', 'bytes'),
        tie('any'),
      )
      .map(([name, a]) => `${name}(${a})`),
    fc
      .tuple(fc.constantFrom('glob', 'versionAtLeast'), tie('any'), tie('any'))
      .map(([name, a, b]) => `${name}(${a}, ${b})`),
    fc
      .tuple(tie('any'), fc.constantFrom('startsWith', 'contains', 'matches', 'endsWith', 'split'), tie('any'))
      .map(([a, name, b]) => `${a}.${name}(${b})`),
    fc.string({ maxLength: 12 }),
  ),
})).any;

describe('random expressions', () => {
  it('are refused, or decide with true alone', { timeout: TIMEOUT }, async () => {
    const verdicts = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(expression, async (cel) => {
        const text = JSON.stringify({
          policy: 'a',
          version: 1,
          trust: { signers: 'any' },
          assert: [{ id: 'one', cel: cel.slice(0, 4_000) || ' ', message: 'm' }],
        });
        const policy = await readPolicy(text).catch((error: unknown) => {
          if (isLogError(error, 'policy_invalid')) return undefined;
          throw error;
        });
        const decision = policy && evaluate(policy, inputOf(fullChain()));
        const result = decision?.results.find(({ rule }) => rule === 'assert.one');
        const verdict = result?.code ?? result?.outcome ?? 'refused';
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        if (decision !== undefined) expect(decision.decision).toBe(result?.outcome === 'pass' ? 'ALLOW' : 'DENY');
      }),
      // One of each at least, so that the count below does not depend on luck.
      { ...PARAMETERS, examples: [['true'], ['false'], ['('], ['provenance.nothing == 1']] },
    );
    expect([...verdicts.keys()]).toEqual(
      expect.arrayContaining(['pass', 'refused', 'ASSERTION_FAILED', 'POLICY_ERROR']),
    );
  });
});
