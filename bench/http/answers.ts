/** Checks every answer after the run, and counts what came of the submissions. */
import type { AnswerCheck } from './answer-checks.ts';
import type { Answer } from './connection.ts';
import type { LoadTarget } from './load.ts';
import { checkOf, type Form, type PreparedRequest, resultsIn, submissionsIn } from './submissions.ts';

export class AnswerChecker {
  readonly #form: Form;
  readonly #check: AnswerCheck;
  readonly #indexes = new Set<number>();

  /** Submissions whose proof was verified. */
  verified = 0;
  /** Submissions that were answered with an error, by its code and reason. */
  readonly refused: Record<string, number> = {};
  /** What was wrong with answers that claim success. */
  readonly faults: Record<string, number> = {};

  constructor(form: Form, target: LoadTarget) {
    this.#form = form;
    this.#check = checkOf(form, target);
  }

  check(request: PreparedRequest, answer: Answer): void {
    if (answer.status >= 400) {
      // One problem document, whatever the form: nothing of the request was logged.
      count(this.refused, refusalOf(answer), request.items);
      return;
    }
    const submissions = submissionsIn(this.#form, request);
    const results = resultsIn(this.#form, answer.body);
    if (results.length !== submissions.length) {
      count(this.faults, 'another number of results than of submissions');
      return;
    }
    for (const [i, result] of results.entries()) {
      const problem = problemOf(result);
      if (problem !== undefined) count(this.refused, problem);
      else this.#checkOne(submissions[i], result);
    }
  }

  #checkOne(submission: unknown, result: unknown): void {
    try {
      const index = this.#check(submission, result);
      if (this.#indexes.has(index)) throw new Error('one index was given twice');
      this.#indexes.add(index);
      this.verified++;
    } catch (error) {
      count(this.faults, (error as Error).message);
    }
  }
}

function refusalOf({ status, body }: Answer): string {
  const text = body.toString();
  try {
    return problemOf(JSON.parse(text)) ?? `status ${status}`;
  } catch {
    return `status ${status}: ${text.slice(0, 100)}`;
  }
}

/**
 * Why it was refused: code and reason. A whole answer with an error status is the problem document itself, or what a
 * door has for one; an item of a batch holds it as `error`.
 */
function problemOf(result: unknown): string | undefined {
  const { error, ...own } = result as Problem & { error?: Problem };
  const { code, detail, message = detail } = error ?? own;
  return code === undefined || message === undefined ? code : `${code}: ${message}`;
}

interface Problem {
  code?: string;
  /** Of the native routes. */
  detail?: string;
  /** Of the doors. */
  message?: string;
}

function count(counts: Record<string, number>, name: string, times = 1): void {
  counts[name] = (counts[name] ?? 0) + times;
}
