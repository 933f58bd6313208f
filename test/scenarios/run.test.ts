import { describe, expect, it } from 'vitest';
import type { Account, Scenario, Shown } from './account.ts';
import { runScenarios } from './run.ts';

const scenario = (name: string, run: (account: Account) => void): Scenario => ({
  ...{ name, title: `the title of ${name}` },
  run: async (account) => run(account),
});
const checking = (name: string, expected: Shown, actual: Shown) =>
  scenario(name, (account) => {
    account.tell(0, 'something happens');
    account.check('how many', expected, actual);
  });
const right = checking('right', { A: 1, B: [2] }, { B: [2], A: 1 });
const wrong = checking('wrong', 84, 83);
const empty = scenario('empty', () => {});

async function run(names: string[], format = 'text') {
  const out: string[] = [];
  const err: string[] = [];
  const output = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
  return { code: await runScenarios(names, format, output, [right, wrong, empty]), out, err };
}

describe('scenarios on the command line', () => {
  it('are listed without a name', async () => {
    const { code, out } = await run([]);
    expect([code, out.length, out[0]]).toEqual([0, 3, expect.stringMatching(/^right +the title of right$/)]);
  });

  it('end with 0 where every check holds, and tell the story', async () => {
    expect(await run(['right'])).toEqual({
      code: 0,
      out: ['the title of right', '  1970-01-01 00:00  something happens', '    ok    how many: B 2, A 1'],
      err: [],
    });
  });

  it('end with 1 where one does not, and say both', async () => {
    const { code, out } = await run(['right', 'wrong']);
    expect([code, out.at(-1)]).toEqual([1, '    FAIL  how many: 83, not 84']);
  });

  it('end with 1 where nothing is checked', async () => {
    expect((await run(['empty'])).code).toBe(1);
  });

  it('are one object as JSON, with what was expected and found', async () => {
    const { code, out } = await run(['wrong'], 'json');
    expect(code).toBe(1);
    expect(JSON.parse(out.join(''))).toMatchObject({
      holds: false,
      checks: [{ name: 'how many', expected: 84, actual: 83 }],
    });
  });

  it('are a list where all run', async () => {
    expect(
      JSON.parse((await run(['all'], 'json')).out.join('')).map((one: Scenario & { scenario: string }) => one.scenario),
    ).toEqual(['right', 'wrong', 'empty']);
  });

  it('that there are not end with 2', async () => {
    expect(await run(['rihgt'])).toMatchObject({
      code: 2,
      err: ['there is no scenario rihgt: right, wrong, empty, all'],
    });
    expect((await run(['right'], 'xml')).code).toBe(2);
  });
});
