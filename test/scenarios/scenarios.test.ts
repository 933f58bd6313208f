import { describe, expect, it } from 'vitest';
import { Account, holds } from './account.ts';
import { SCENARIOS } from './scenarios.ts';

/** The rows of docs/coverage.md that the scenarios show. */
const ROWS = 'A4, A20: told again';

describe.each(SCENARIOS)('$title', (scenario) => {
  it(`${ROWS}, ${scenario.name}`, async () => {
    const account = new Account();
    await scenario.run(account);
    const wrong = account.checks.filter((check) => !holds(check));
    expect(wrong).toEqual([]);
    expect(account.checks.length).toBeGreaterThan(0);
  });
});
