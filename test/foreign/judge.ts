/** Questions to the Go program in `go/`, which answers with the libraries of the Go ecosystem. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { goJudge, type Program } from './programs.ts';

type Question = { do: string } & Record<string, unknown>;

export interface Judge {
  /** The answer. Byte strings are hexadecimal both ways. @throws Error with what the Go library says against it */
  ask<T>(question: Question): Promise<T>;
  /** True where the Go libraries accept. */
  accepts(question: Question): Promise<boolean>;
  stop(): Promise<void>;
}

/** Builds and starts the program, where there is Go. */
export async function startJudge(): Promise<{ program: Program; judge: Judge | undefined }> {
  const program = await goJudge();
  if (program.absent !== undefined) return { program, judge: undefined };
  const child = spawn(program.path, { stdio: ['pipe', 'pipe', 'inherit'] });
  // It answers in the order of the questions.
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function answerTo(question: Question): Promise<{ error?: string }> {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('the judge ended');
    return JSON.parse(value) as { error?: string };
  }
  const judge: Judge = {
    async ask<T>(question: Question) {
      const answer = await answerTo(question);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer as T;
    },
    async accepts(question) {
      return (await answerTo(question)).error === undefined;
    },
    async stop() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
  return { program, judge };
}
