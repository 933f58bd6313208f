/** A server of ours and the Go program that judges what it says, for the tests of one file. */
import { afterAll, beforeAll } from 'vitest';
import { type Judge, startJudge } from './judge.ts';
import { type Program, skipWhereAbsent } from './programs.ts';
import { type Server, startServer } from './server.ts';

/** Starts both before the tests and stops them afterwards; skips the tests where Go is absent. */
export function useJudgedServer(ready: (judge: Judge, server: Server) => void | Promise<void>): void {
  let program: Program;
  let judge: Judge | undefined;
  let server: Server | undefined;

  beforeAll(async () => {
    ({ program, judge } = await startJudge());
    if (judge === undefined) return;
    server = await startServer();
    await ready(judge, server);
  });
  afterAll(async () => {
    await judge?.stop();
    await server?.stop();
  });
  skipWhereAbsent(() => program);
}
