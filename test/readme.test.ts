/** The README's tour, command by command, as a reader would type it; and that what the documents name exists. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];

interface Step {
  command: string;
  /** Lines of output; `…` stands for any text. */
  output: string[];
}

/** The steps of all `console` blocks, in order. */
const steps: Step[] = [...readme.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block]) =>
  block!
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command, ...output] = text.trimEnd().split('\n');
      return { command: command!, output };
    }),
);

describe('the tour in the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-readme-'));
  const program = `node ${join(root, 'dist/cli/main.js')}`;
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
      const script = steps.map(({ command }) => {
        const own = exports.find((line) => command.startsWith(line.slice(0, line.indexOf('=') + 1))) ?? command;
        return `${own} 2>&1\necho '${SEPARATOR}'`;
      });
      const output = await bash(`npx() { shift; ${program} "$@"; }\n${script.join('\n')}`, folder);
      transcript = output.split(`${SEPARATOR}\n`).map((part) => part.split('\n').filter((text) => text !== ''));
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

const SEPARATOR = '--- next ---';

/** A line of the README as a pattern: `…` is any text, with the digits before it, and the line may go on. */
function patternOf(text: string): RegExp {
  const parts = text.split(/[0-9a-f]*…/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}`);
}

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

function bash(script: string, cwd: string): Promise<string> {
  const shell = spawn('bash', ['-c', script], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve) => shell.once('close', () => resolve(output)));
}
