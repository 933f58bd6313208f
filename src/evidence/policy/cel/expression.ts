/** What an expression may be made of. Checked before anything is evaluated: the library itself has no step budget. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { LogError } from '../../../core/errors.ts';

export const LIMITS = { maxAstNodes: 200, maxDepth: 16, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 };

/** Comprehensions within each other, at most. */
const NESTED = 3;

/** Elements of one list of the facts, at most. */
export const LONGEST_LIST = 1_000;

/** Elements that an expression may look at, at most. */
const MOST_STEPS = 10_000_000;

const COMPREHENSIONS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/**
 * Everything else is refused: `matches` runs the regular expressions of JavaScript, which can take minutes; `bind`,
 * `split`, `join` make values of any length.
 */
const FUNCTIONS = new Set([
  ...['has', 'size', 'startsWith', 'endsWith', 'contains', 'string', 'int', 'double', 'timestamp'],
  ...['glob', 'seconds', 'versionAtLeast'],
]);

export interface Shape {
  /** Names that it looks up, variables of comprehensions among them. */
  readonly names: ReadonlySet<string>;
  /** Comprehensions within each other. */
  readonly depth: number;
  /** Each may double the length of a text or list. */
  readonly additions: number;
  /** Elements of the longest list that it writes out. */
  readonly longest: number;
}

/**
 * The shape of an expression whose parts are all allowed.
 * @throws LogError policy_invalid
 */
export function shapeOf(ast: ASTNode): Shape {
  const names = new Set<string>();
  let deepest = 0;
  let additions = 0;
  let longest = 0;
  const visit = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) {
      for (const one of value) visit(one, depth);
      return;
    }
    if (!isNode(value)) return;
    const { op, args } = value;
    if (op === 'value') return;
    if (op === 'id') names.add(String(args));
    if (op === '+') additions++;
    if (op === 'list') longest = Math.max(longest, (args as unknown[]).length);
    const name = op === 'call' || op === 'rcall' ? String((args as unknown[])[0]) : undefined;
    if (name === undefined) {
      visit(args, depth);
      return;
    }
    const isComprehension = op === 'rcall' && COMPREHENSIONS.has(name);
    if (!isComprehension && !FUNCTIONS.has(name)) {
      throw new LogError('policy_invalid', `uses ${JSON.stringify(name.slice(0, 64))}, which assertions may not`);
    }
    const inner = isComprehension ? depth + 1 : depth;
    deepest = Math.max(deepest, inner);
    if (inner > NESTED)
      throw new LogError('policy_invalid', `has more than ${NESTED} comprehensions within each other`);
    const [, ...operands] = args as unknown[];
    // What a comprehension goes over is evaluated once, its body for each element.
    if (op === 'rcall') visit(operands[0], depth);
    visit(op === 'rcall' ? operands.slice(1) : operands, inner);
  };
  visit(ast, 0);
  return { names, depth: deepest, additions, longest };
}

/** True where no list that the expression can reach makes it look at too many elements. */
export function isAffordable({ depth, additions, longest: own }: Shape, longestFact: number): boolean {
  // One more than the comprehensions: comparing or searching a list looks at all of it.
  return (Math.max(1, own, longestFact) * 2 ** additions) ** (depth + 1) <= MOST_STEPS;
}

function isNode(value: unknown): value is { op: string; args: unknown } {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
