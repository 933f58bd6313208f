/**
 * The one kind of pattern in a policy. `*` stands for any text without `/`, `**` for any text; a pattern that ends in
 * `/` means everything below it. Everything else, `?` and brackets too, stands for itself. The whole text must match.
 */

/** Stars in one pattern, at most: matching takes pattern × text steps. */
export const MAX_STARS = 16;

/** True where the whole text is as the pattern says. */
export function matches(pattern: string, text: string): boolean {
  const tokens = tokensOf(pattern);
  // Positions in the pattern that the text so far can have led to: no backtracking, whatever the pattern.
  let reached = closure(new Set([0]), tokens);
  for (const character of text) {
    const next = new Set<number>();
    for (const at of reached) {
      const token = tokens[at];
      if (token === undefined) continue;
      if (token === '**' || (token === '*' && character !== '/')) next.add(at);
      else if (token === character) next.add(at + 1);
    }
    if (next.size === 0) return false;
    reached = closure(next, tokens);
  }
  return reached.has(tokens.length);
}

/** True where one of the patterns matches. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

/** Stars may stand for nothing: what follows them is reached with them. A star is told from `*` in no other way. */
function closure(positions: Set<number>, tokens: readonly string[]): Set<number> {
  for (const at of positions) {
    if (tokens[at] === '*' || tokens[at] === '**') positions.add(at + 1);
  }
  return positions;
}

function tokensOf(pattern: string): string[] {
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
  return whole.match(/\*\*+|[\s\S]/gu)?.map((token) => (token.startsWith('**') ? '**' : token)) ?? [];
}

/** Number of stars, a run of them counted once. */
export function starsIn(pattern: string): number {
  return tokensOf(pattern).filter((token) => token === '*' || token === '**').length;
}
