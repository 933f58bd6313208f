/** Runs scenarios that are named on the command line. */
import { Account, holds, type Scenario } from './account.ts';
import { SCENARIOS } from './scenarios.ts';
import { accountJson, lineOf } from './told.ts';

interface Output {
  out(line: string): void;
  err(line: string): void;
}

/**
 * @param names of scenarios, or `all`; without any they are listed
 * @param format `text`, or `json`: one object, or a list of them where several run
 * @returns exit code: 0 where every check holds, 1 where one does not, 2 for a name or format that there is not
 */
export async function runScenarios(
  names: readonly string[],
  format: string,
  { out, err }: Output,
  scenarios: readonly Scenario[] = SCENARIOS,
): Promise<0 | 1 | 2> {
  const known = scenarios.map(({ name }) => name);
  const wrong = names.find((name) => name !== 'all' && !known.includes(name));
  if (wrong !== undefined || !['text', 'json'].includes(format)) {
    err(
      wrong === undefined ? '--format takes text or json' : `there is no scenario ${wrong}: ${known.join(', ')}, all`,
    );
    return 2;
  }
  if (names.length === 0) {
    if (format === 'json')
      out(
        JSON.stringify(
          scenarios.map(({ name, title }) => ({ name, title })),
          undefined,
          2,
        ),
      );
    else for (const { name, title } of scenarios) out(`${name.padEnd(24)} ${title}`);
    return 0;
  }
  const asked = names.includes('all') ? scenarios : scenarios.filter(({ name }) => names.includes(name));
  const told = [];
  let isRight = true;
  for (const scenario of asked) {
    if (format === 'text') out(scenario.title);
    const account = new Account(format === 'text' ? (entry) => out(lineOf(entry)) : undefined);
    await scenario.run(account);
    // A scenario that checks nothing shows nothing.
    isRight &&= account.checks.length > 0 && account.checks.every(holds);
    told.push(accountJson(scenario, account));
  }
  if (format === 'json') out(JSON.stringify(told.length === 1 ? told[0] : told, undefined, 2));
  return isRight ? 0 : 1;
}
