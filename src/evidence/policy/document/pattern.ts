/**
 * The one kind of pattern in a policy. `*` stands for any text without `/`, `**` for any text; a pattern that ends in
 * `/` means everything below it. Everything else, `?` and brackets too, stands for itself. The whole text must match.
 */

/** Stars in one pattern, at most: matching takes stars × text steps. */
export const MAX_STARS = 16;

/** True where the whole text is as the pattern says. */
export function matches(pattern: string, text: string): boolean {
  const parts = partsOf(pattern);
  const [first = ''] = parts;
  if (parts.length === 1) return text === first;
  // Most texts differ from the start.
  if (!text.startsWith(first) || !text.endsWith(parts.at(-1)!)) return false;
  // Where in the text the pattern so far can end: no backtracking, whatever the pattern.
  let ends = new Uint8Array(text.length + 1);
  ends[first.length] = 1;
  for (let part = 1; part < parts.length; part += 2) {
    ends = afterStar(ends, text, parts[part] === '**');
    ends = afterText(ends, text, parts[part + 1]!);
  }
  return ends[text.length] === 1;
}

/** True where one of the patterns matches. */
export function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matches(pattern, text));
}

function afterStar(ends: Uint8Array, text: string, isAnything: boolean): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(ends.length);
  let isInside = false;
  for (let at = 0; at < ends.length; at++) {
    if (!isAnything && at > 0 && text.charCodeAt(at - 1) === SLASH) isInside = false;
    if (ends[at] === 1) isInside = true;
    if (isInside) next[at] = 1;
  }
  return next;
}

function afterText(ends: Uint8Array, text: string, literal: string): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(ends.length);
  for (let at = 0; at + literal.length < ends.length; at++) {
    if (ends[at] === 1 && text.startsWith(literal, at)) next[at + literal.length] = 1;
  }
  return next;
}

const SLASH = 0x2f;

/** Texts, and stars between them: `a*b` is `a`, `*`, `b`. */
function partsOf(pattern: string): readonly string[] {
  const known = PARTS.get(pattern);
  if (known !== undefined) return known;
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
  const parts = whole.split(/(\*+)/).map((part, at) => (at % 2 === 1 && part.length > 1 ? '**' : part));
  if (PARTS.size >= MOST_KNOWN) PARTS.clear();
  PARTS.set(pattern, parts);
  return parts;
}

const PARTS = new Map<string, readonly string[]>();
const MOST_KNOWN = 1_000;

/** Number of stars, a run of them counted once. */
export function starsIn(pattern: string): number {
  return (partsOf(pattern).length - 1) / 2;
}
