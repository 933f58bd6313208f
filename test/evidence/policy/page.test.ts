/** Holds docs/policy.md against the rules in code; with COUNTERSIGN_UPDATE_POLICY_PAGE=1 writes its tables anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { effectiveRules, oversights } from '../../../src/evidence/policy/effective.ts';
import { FRAMEWORKS } from '../../../src/evidence/policy/frameworks.ts';
import { readPolicy } from '../../../src/evidence/policy/policy.ts';
import type { Rule } from '../../../src/evidence/policy/rule.ts';
import { RULES } from '../../../src/evidence/policy/rules.ts';

const PAGE = new URL('../../../docs/policy.md', import.meta.url);

function section({ id, codes, protects, example, fix, phases, absolute }: Rule): string {
  const when = phases?.includes('source')
    ? 'every phase'
    : phases?.includes('build-input')
      ? 'from build-input on'
      : 'release, deploy';
  const more = absolute ? ', without exceptions' : '';
  return [
    `### ${id}`,
    `${codes.map((code) => `\`${code}\``).join(', ')} · ${when}${more}`,
    '',
    `Protects from ${protects}.`,
    '',
    `Fails: ${example} In general: ${fix}.`,
  ].join('\n');
}

function tables(): string {
  return FRAMEWORKS.map(({ title, controls }) => {
    const rows = controls.map(
      ({ id, title, rules }) => `| ${id} | ${title} | ${rules.map((rule) => `\`${rule}\``).join(', ')} |`,
    );
    return [`### ${title}`, '', '| control | | rules |', '|---|---|---|', ...rows].join('\n');
  }).join('\n\n');
}

/** The page with what stands between the two marks replaced. */
function between(page: string, name: string, content: string): string {
  const start = page.indexOf('\n', page.indexOf(`<!-- ${name}: `)) + 1;
  const end = page.indexOf(`<!-- end of ${name} -->`);
  expect(start).toBeGreaterThan(0);
  expect(end).toBeGreaterThan(start - 1);
  return `${page.slice(0, start)}\n${content}\n\n${page.slice(end)}`;
}

describe('docs/policy.md', () => {
  it('says of every rule what the code says', () => {
    const page = readFileSync(PAGE, 'utf8');
    const wanted = between(between(page, 'rules', RULES.map(section).join('\n\n')), 'frameworks', tables());
    if (process.env.COUNTERSIGN_UPDATE_POLICY_PAGE === '1') writeFileSync(PAGE, wanted);
    else expect(page).toBe(wanted);
  });
});

describe('the example of docs/policy.md', () => {
  const example = /```yaml\n(.*?)```/s.exec(readFileSync(PAGE, 'utf8'))?.[1] ?? '';

  it('is a policy, and leaves no rule out', async () => {
    const policy = await readPolicy(example);
    const ids = effectiveRules(policy).map(({ rule }) => rule);
    expect([...RULES.map(({ id }) => id), 'assert.team.branch']).toEqual(ids);
    expect(oversights(policy)).toEqual([]);
  });
});

describe('frameworks', () => {
  it('name rules that exist, and leave none out', () => {
    const named = FRAMEWORKS.flatMap(({ controls }) => controls.flatMap(({ rules }) => rules));
    expect([...new Set(named)].sort()).toEqual(RULES.map(({ id }) => id).sort());
  });

  it('name each control once', () => {
    for (const { controls } of FRAMEWORKS) expect(new Set(controls.map(({ id }) => id)).size).toBe(controls.length);
  });
});
