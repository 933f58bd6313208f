/** Evidence is judged by a program that has nothing of this project but `src/core`. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { inconsistentTrees } from '../../src/core/misbehaviour.ts';
import { FakeLog } from '../client/fake-log.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const PROGRAM = `
  import { readFileSync } from 'node:fs';
  import { convict, parseEvidence } from './core/misbehaviour.js';
  const { kind, signed } = convict(parseEvidence(readFileSync(process.argv[2], 'utf8')), process.argv[3]);
  console.log(kind, signed.map(({ size }) => size).join(' '));
`;

it('convicts a log that forked', () => {
  const log = new FakeLog().grow(6);
  const other = log.fork(3).grow(5);
  const tree = (of: FakeLog, size: number) => ({
    origin: of.origin,
    size,
    root: of.root(size),
    note: of.checkpoint(size),
  });
  const proven = { provenRoot: other.root(6), proof: other.consistency(6, 9) };
  const evidence = inconsistentTrees(log.verifierKey, tree(log, 6), tree(other, 9), proven);

  const folder = mkdtempSync(join(tmpdir(), 'countersign-convict-'));
  try {
    cpSync(join(root, 'dist/core'), join(folder, 'core'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    writeFileSync(join(folder, 'convict.js'), PROGRAM);
    writeFileSync(join(folder, 'evidence.json'), JSON.stringify(evidence));
    const said = execFileSync(process.execPath, ['convict.js', 'evidence.json', log.verifierKey], { cwd: folder });
    expect(said.toString()).toBe('inconsistent 6 9\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('needs no module from outside but @noble', () => {
  const files = readdirSync(join(root, 'src/core')).map((name) => readFileSync(join(root, 'src/core', name), 'utf8'));
  const imported = files.flatMap((text) => [...text.matchAll(/ from '([^']+)'/g)].map(([, name]) => name!));
  expect(imported.filter((name) => !name.startsWith('./') && !name.startsWith('@noble/'))).toEqual([]);
});
