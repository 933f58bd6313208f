/** Answers to one question about an artifact: the values that evidence gives, and whose word each of them is. */
import type { ChainMark } from '../../entry/x509/certificate.ts';

/** Whose word a value is. */
export interface Support {
  /** Index of the entry that proves that it was said. */
  readonly index: number;
  /** A trusted certificate says it of the build that it was issued to; or a statement does, on its signer's word. */
  readonly from: 'certificate' | 'statement';
  /** Of the signer. */
  readonly chain: ChainMark;
}

export interface Finding {
  readonly value: string;
  /** The best first. */
  readonly support: readonly Support[];
}

export interface Answer {
  /** `conflicting`: what is best supported does not agree. `unknown`: nothing says anything. */
  readonly status: 'known' | 'conflicting' | 'unknown';
  /** The best supported first. */
  readonly findings: readonly Finding[];
}

/** Certificates outrank statements, statements under trusted certificates those by keys that nobody vouches for. */
function rankOf({ from, chain }: Support): number {
  if (from === 'certificate') return 2;
  return chain === 'trusted' ? 1 : 0;
}

/** Collects what is said, value by value. */
export class Findings {
  readonly #supports = new Map<string, Support[]>();

  add(value: string | undefined, support: Support): void {
    if (value === undefined) return;
    const known = this.#supports.get(value);
    if (known === undefined) this.#supports.set(value, [support]);
    else if (!known.some((one) => one.index === support.index && one.from === support.from)) known.push(support);
  }

  /** Where only one value can be true, several of the best rank are a conflict. */
  answer({ several }: { several: boolean }): Answer {
    const findings = [...this.#supports].map(([value, support]) => ({ value, support: [...support].sort(byRank) }));
    findings.sort((a, b) => byRank(a.support[0]!, b.support[0]!));
    const [first, second] = findings;
    if (first === undefined) return { status: 'unknown', findings };
    const rivals = second !== undefined && rankOf(second.support[0]!) === rankOf(first.support[0]!);
    return { status: rivals && !several ? 'conflicting' : 'known', findings };
  }
}

/** The weakest of some answers' statuses. */
export function worst(...answers: readonly Pick<Answer, 'status'>[]): Answer['status'] {
  for (const status of ['unknown', 'conflicting'] as const) {
    if (answers.some((answer) => answer.status === status)) return status;
  }
  return 'known';
}

function byRank(a: Support, b: Support): number {
  return rankOf(b) - rankOf(a) || a.index - b.index;
}
