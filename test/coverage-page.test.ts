/** Holds docs/coverage.md against the tests that it names. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(`${root}/docs/coverage.md`, 'utf8');

interface Row {
  id: string;
  /** Files of tests. */
  files: string[];
  missing: string;
}

const rows = page.split('\n').flatMap((line): Row[] => {
  const [, id, , shown = '', missing = ''] = line.split('|').map((cell) => cell.trim());
  if (id === undefined || !/^[AB]\d+$/.test(id)) return [];
  return [{ id, files: [...shown.matchAll(/`([^`]+)`/g)].map(([, file]) => file!), missing }];
});

/** Rows of each test file: titles begin with them, `A4, B7: …`. */
const tested = new Map(
  readdirSync(`${root}/test`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.startsWith('coverage-page'))
    .map((name) => {
      const titles = readFileSync(`${root}/test/${name}`, 'utf8').matchAll(
        /['"`]((?:[ABS]\d+[a-d]?, )*[ABS]\d+[a-d]?): /g,
      );
      return [`test/${name}`, new Set([...titles].flatMap(([, ids]) => ids!.split(', ')))];
    }),
);

describe('docs/coverage.md', () => {
  it('has every row, once and in order', () => {
    const ids = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
    expect(rows.map(({ id }) => id)).toEqual([...ids('A', 25), ...ids('B', 23)]);
  });

  it.each(rows.map((row) => [row.id, row] as const))(
    '%s names tests whose titles begin with it, or says why there are none',
    (id, { files, missing }) => {
      expect(files.filter((file) => !tested.get(file)?.has(id))).toEqual([]);
      if (files.length === 0) expect(missing).not.toBe('');
    },
  );

  it('leaves out no test of a row', () => {
    const named = new Map(rows.map(({ id, files }) => [id, files]));
    const unnamed = [...tested].flatMap(([file, ids]) =>
      [...ids].filter((id) => /^[AB]/.test(id) && !named.get(id)?.includes(file)).map((id) => `${id} in ${file}`),
    );
    expect(unnamed).toEqual([]);
  });
});
