/** Decisions, counted. */
import type { Decision } from '../../src/evidence/policy/decision.ts';

/** Codes by which a decision refuses, each once, in the order of the rules. */
export function codesOf({ results }: Decision): string[] {
  const open = results.filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown');
  return [...new Set(open.map(({ code }) => code!))];
}

export function allowed(decisions: readonly Decision[]): number {
  return decisions.filter(({ decision }) => decision === 'ALLOW').length;
}

/** How many decisions each code refuses. */
export function refusals(decisions: readonly Decision[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const decision of decisions) for (const code of codesOf(decision)) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** Position, from one, of the first decision with a code; 0 where none has it. */
export function firstWith(code: string, decisions: readonly Decision[]): number {
  return decisions.findIndex((decision) => codesOf(decision).includes(code)) + 1;
}

/** What a decision rests on: verdict and codes, for comparing it with a later one. */
export function verdicts(decisions: readonly Decision[]): string[] {
  return decisions.map((decision) => [decision.decision, ...codesOf(decision)].join(' '));
}
