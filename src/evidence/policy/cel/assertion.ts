/**
 * Assertions in CEL, for what no rule says. Anything but `true` is a failure: an error, another value, a limit. The
 * library is loaded with this module and with nothing else.
 */
import { Environment } from '@marcbachmann/cel-js';
import { isLogError, LogError } from '../../../core/errors.ts';
import type { RuleOutcome } from '../decision.ts';
import { readDuration } from '../document/duration.ts';
import { MAX_STARS, matches, starsIn } from '../document/pattern.ts';
import type { PolicyDocument } from '../document/policy.ts';
import { exceptionFor } from '../exceptions.ts';
import { assertionRule, type Context } from '../rule.ts';
import { isAffordable, LIMITS, LONGEST_LIST, shapeOf } from './expression.ts';
import { FACT_NAMES, type Facts, longestList } from './facts.ts';

type Assertion = PolicyDocument['assert'][number];

export interface CompiledAssertion {
  judge(context: Context, facts: Facts): RuleOutcome;
}

/** Characters that `glob` may look at in one evaluation, times the stars of its pattern. */
const GLOB_WORK = 5_000_000;

/** @throws LogError policy_invalid for an expression that cannot be one */
export function compileAssertions(assertions: readonly Assertion[]): CompiledAssertion[] {
  return assertions.map((assertion, at) => {
    try {
      return compile(assertion);
    } catch (cause) {
      const where = `assert.${at}.cel`;
      const reason = isLogError(cause) ? cause.message : reasonOf(cause);
      throw new LogError('policy_invalid', `the policy is wrong at ${where}: the expression ${reason}`, {
        at: where,
        cause,
      });
    }
  });
}

function compile({ id, cel, message }: Assertion): CompiledAssertion {
  let work = 0;
  const environment = new Environment({ limits: LIMITS });
  for (const name of FACT_NAMES) environment.registerVariable(name, 'dyn');
  environment.registerFunction('glob(string, string): bool', (pattern: string, text: string) => {
    const stars = starsIn(pattern.slice(0, 513));
    work += (text.length + 1) * (stars + 1);
    if (pattern.length > 512 || stars > MAX_STARS || work > GLOB_WORK) throw new Error('glob has too much to do');
    return matches(pattern, text);
  });
  environment.registerFunction('seconds(string): int', (text: string) => {
    const seconds = readDuration(text);
    if (seconds === undefined) throw new Error('is no duration');
    return BigInt(seconds);
  });
  environment.registerFunction('versionAtLeast(string, string): bool', versionAtLeast);
  const evaluate = environment.parse(cel);
  const shape = shapeOf(evaluate.ast);
  const { valid, type, error } = evaluate.check();
  if (!valid) throw error ?? new Error('is not valid');
  if (type !== 'bool' && type !== 'dyn') throw new LogError('policy_invalid', `is of type ${type}, not bool`);

  const holds = (all: Facts): true | 'false' | { error: string } => {
    const facts = Object.entries(all).filter(([name]) => shape.names.has(name));
    const longest = Math.max(0, ...facts.map(([, value]) => longestList(value)));
    if (longest > LONGEST_LIST) return { error: `a list has more than ${LONGEST_LIST} elements` };
    if (!isAffordable(shape, longest)) return { error: 'it could take too long' };
    work = 0;
    try {
      // Unknown facts are left out, and a name without a value is an error: no DENY is overlooked.
      const result: unknown = evaluate(Object.fromEntries(facts.filter(([, value]) => value !== undefined)));
      if (result === true) return true;
      return result === false ? 'false' : { error: 'it is neither true nor false' };
    } catch (error) {
      return { error: reasonOf(error) };
    }
  };

  return {
    judge: (context, facts) => {
      const base = { rule: assertionRule(id), section: 'policy', expected: cel, evidence: [] } as const;
      const result = holds(facts);
      if (result === true) {
        return { ...base, outcome: 'pass', code: undefined, message: 'holds', actual: 'true', fix: undefined };
      }
      const exception = exceptionFor(base.rule, context);
      const isError = typeof result === 'object';
      return {
        ...base,
        outcome: exception === undefined ? 'fail' : 'excepted',
        code: isError ? 'POLICY_ERROR' : 'ASSERTION_FAILED',
        message: exception ?? (isError ? `the assertion cannot be evaluated: ${result.error}` : message),
        actual: isError ? 'an error' : 'false',
        fix:
          exception !== undefined
            ? undefined
            : isError
              ? 'ask has() for what may be unknown; see docs/policy.md'
              : message,
      };
    },
  };
}

/** Numbers between dots, compared one by one; what follows them is passed over. */
function versionAtLeast(version: string, least: string): boolean {
  const [one, other] = [numbersOf(version), numbersOf(least)];
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbersOf(version: string): number[] {
  const [numbers] = /^v?(\d{1,9}(?:\.\d{1,9}){0,5})/.exec(version)?.slice(1) ?? [];
  if (numbers === undefined) throw new Error('is no version');
  return numbers.split('.').map(Number);
}

/** The library draws the place below its message. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0]!.slice(0, 200);
}
