/** What a scenario tells, and what it checks on the way. */

/** What is counted, listed or found; compared as JSON. */
export type Shown = string | number | boolean | readonly Shown[] | { readonly [name: string]: Shown };

export interface Check {
  readonly name: string;
  readonly expected: Shown;
  readonly actual: Shown;
}

export interface Event {
  /** POSIX seconds, of the scenario's clock. */
  readonly time: number;
  readonly text: string;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  run(account: Account): Promise<void>;
}

/** Filled by one run of a scenario; `told` hears of everything at once. */
export class Account {
  readonly events: Event[] = [];
  readonly checks: Check[] = [];
  readonly #told: (entry: Event | Check) => void;

  constructor(told: (entry: Event | Check) => void = () => {}) {
    this.#told = told;
  }

  tell(time: number, text: string): void {
    const event = { time, text };
    this.events.push(event);
    this.#told(event);
  }

  check(name: string, expected: Shown, actual: Shown): void {
    const check = { name, expected, actual };
    this.checks.push(check);
    this.#told(check);
  }
}

export function holds({ expected, actual }: Check): boolean {
  return JSON.stringify(sorted(expected)) === JSON.stringify(sorted(actual));
}

/** Members in one order; that of lists is part of what they say. */
function sorted(value: Shown): Shown {
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  const members = Object.entries(value as Readonly<Record<string, Shown>>);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]));
}
