/** What the benchmark says: sections of rows, as a table for people and as they are for JSON. */

/** Numbers are in the unit that the column's name states. */
export type Row = Record<string, string | number | undefined>;

export interface Section {
  name: string;
  title: string;
  rows: Row[];
  /** What one has to know to read the rows. */
  notes: string[];
  /** What bounds the figures, for the document of results. */
  bounds?: string[];
}

export function formatSection({ title, rows, notes }: Section): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => formatCell(row[column])))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const isText = columns.map((column) => rows.some((row) => typeof row[column] === 'string'));
  const table = lines.map((line) =>
    line
      .map((cell, i) => (isText[i] ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  return ['', title, ...table, ...notes.map((note) => `  ${note}`)].join('\n');
}

/** The same as a Markdown document. */
export function formatMarkdown(machine: string, sections: readonly Section[]): string {
  const parts = sections.map(({ title, rows, notes, bounds = [] }) => {
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
    const isText = columns.map((column) => rows.some((row) => typeof row[column] === 'string'));
    const table = [
      line(columns),
      line(isText.map((text) => (text ? '---' : '---:'))),
      ...rows.map((row) => line(columns.map((column) => formatCell(row[column])))),
    ];
    const text = notes.length > 0 ? ['', notes.join(' ')] : [];
    return [`## ${title}`, '', ...table, ...text, ...bounds.flatMap((bound) => ['', `* ${bound}`])].join('\n');
  });
  return ['# Results: one run of each bench', '', `On ${machine}.`, '', parts.join('\n\n'), ''].join('\n');
}

/** Three significant digits, thousands separated. */
function formatCell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}

/** `low–high`, rounded as in a cell. */
export function formatSpread([low, high]: readonly [number, number]): string {
  return `${formatCell(low)}–${formatCell(high)}`;
}

/** A share of one, in per cent. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
