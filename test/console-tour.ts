/** Tours in documents: `console` blocks, played command by command as a reader would type them. */
import { spawn } from 'node:child_process';

export interface Step {
  command: string;
  /** Lines of output; `…` stands for any text. */
  output: string[];
}

/** The steps of all `console` blocks of a document, in order. */
export function stepsOf(markdown: string): Step[] {
  return [...markdown.matchAll(/```console\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [command, ...output] = text.trimEnd().split('\n');
        return { command: command!, output };
      }),
  );
}

const SEPARATOR = '--- next ---';

/**
 * Runs commands one after another in one shell, and says what each printed, without empty lines.
 * @param prelude shell commands before the first, functions that stand for programs for example
 */
export async function play(commands: readonly string[], prelude: string, cwd: string): Promise<string[][]> {
  const script = commands.map((command) => `${command} 2>&1\necho '${SEPARATOR}'`);
  const output = await bash([prelude, ...script].join('\n'), cwd);
  return output.split(`${SEPARATOR}\n`).map((part) => part.split('\n').filter((text) => text !== ''));
}

/** A line of a document as a pattern: `…` is any text, with the digits before it, and the line may go on. */
export function patternOf(text: string): RegExp {
  const parts = text.split(/[0-9a-f]*…/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}`);
}

function bash(script: string, cwd: string): Promise<string> {
  const shell = spawn('bash', ['-c', script], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve) => shell.once('close', () => resolve(output)));
}
