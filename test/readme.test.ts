/** The README's tour, command by command, as a reader would type it; and that what the documents name exists. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patternOf, play, stepsOf } from './console-tour.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];

const steps = stepsOf(readme);

describe('the tour in the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-readme-'));
  const program = `node ${join(root, 'dist/program/main.js')}`;
  let transcript: string[][] = [];

  beforeAll(async () => {
    const server = spawn(
      'npm',
      [
        'start',
        '--silent',
        '--',
        '--port',
        '0',
        '--data',
        join(folder, 'data'),
        '--anchor',
        join(folder, 'anchor'),
        '--format',
        'jsonl',
      ],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    try {
      const line = await firstLine(server.stdout);
      const { url, verifierKey, timeVerifierKey } = JSON.parse(line) as Record<string, string>;
      // What the reader pastes differs from run to run; npx would only be a slower way to the same program.
      const given = [
        `COUNTERSIGN_URL=${url}`,
        `COUNTERSIGN_LOG_KEY='${verifierKey}'`,
        `COUNTERSIGN_TIME_KEY='${timeVerifierKey}'`,
      ];
      const exports = given.map((one) => `export ${one}`);
      const commands = steps.map(
        ({ command }) => exports.find((line) => command.startsWith(line.slice(0, line.indexOf('=') + 1))) ?? command,
      );
      transcript = await play(commands, `npx() { shift; ${program} "$@"; }`, folder);
    } finally {
      server.kill('SIGTERM');
      await new Promise((resolve) => server.once('close', resolve));
    }
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has commands', () => {
    expect(steps.length).toBeGreaterThan(8);
  });

  it.each(steps.map((step, i) => ({ ...step, i })))('prints what the README says: $command', ({ output, i }) => {
    const printed = transcript[i] ?? [];
    for (const [line, text] of output.entries()) expect(printed[line]).toMatch(patternOf(text));
  });
});

describe('the documents', () => {
  it('name only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const named = documents.flatMap((name) =>
      [...readFileSync(join(root, name), 'utf8').matchAll(/npm run (?:--silent )?([a-z0-9:-]+)/g)].map(
        ([, script]) => script!,
      ),
    );
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });

  it('link only to files that are there', () => {
    const broken = documents.flatMap((name) =>
      [...readFileSync(join(root, name), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, target]) => join(root, name, '..', target!))
        .filter((path) => !existsSync(path)),
    );
    expect(broken).toEqual([]);
  });
});

function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    stream.on('end', () => reject(new Error(`the server said only: ${text}`)));
  });
}
