/** `index.db` is disposable: whatever happens to it, look-ups and de-duplication miss nothing. */
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './folder.ts';
import { type Acknowledgement, Http } from './http.ts';
import { type Place, start, useServers } from './running-server.ts';
import { copyOf, makeTemplate, settle, type Template } from './template.ts';

const { place } = useServers();
const folder = temporaryFolder();
let template: Template;
let other: Template;

beforeAll(async () => {
  const at = (name: string) => ({ data: join(folder.path, name, 'data'), anchor: join(folder.path, name, 'anchor') });
  [template, other] = await Promise.all([makeTemplate(at('log'), 100), makeTemplate(at('other'), 100)]);
  settle(template.place, 'index.db');
  settle(other.place, 'index.db');
});
afterAll(() => folder.remove());

const indexOf = ({ data }: Place) => join(data, 'index.db');

function overwrite(file: string, from: number, to: number): void {
  const bytes = readFileSync(file);
  bytes.fill('garbage ', from, to);
  writeFileSync(file, bytes);
}

const LOSSES: [what: string, lose: (log: Place) => void][] = [
  ['deleted', (log) => rmSync(indexOf(log))],
  ['empty', (log) => truncateSync(indexOf(log))],
  ['garbage', (log) => overwrite(indexOf(log), 0, 4096)],
  ['torn in the middle', (log) => overwrite(indexOf(log), 4096, 12_288)],
  ['cut off', (log) => truncateSync(indexOf(log), 5000)],
  ["another log's", (log) => cpSync(indexOf(other.place), indexOf(log))],
];

describe('a log whose index is', () => {
  it.each(LOSSES)('%s finds everything again', async (_, lose) => {
    const log = copyOf(template.place, place());
    lose(log);
    const server = await start(log, { flags: [] });
    const http = new Http(server.url);
    const { entries } = await http.json<{ entries: { index: number }[] }>(
      `/v1/entries?subject=sha256:${template.subject.digest}`,
    );
    expect(entries.map(({ index }) => index)).toEqual([template.subject.index]);

    const again = (await http.logBatch(template.logged.map(({ signed }) => signed))) as Acknowledgement[];
    expect(again).toEqual(template.logged.map(({ acknowledgement }) => ({ ...acknowledgement, duplicate: true })));
    expect((await http.head()).size).toBe(template.head.size);
  });
});
