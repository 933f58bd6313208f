import { describe, expect, it } from 'vitest';
import { EXIT, type ExitCode, exitOf, worseExit } from '../../src/cli/exit.ts';
import { LogError } from '../../src/core/errors.ts';

describe('exit codes', () => {
  it('are 70 for what is no error of the vocabulary', () => {
    expect(exitOf(new TypeError('x'))).toBe(70);
  });

  it.each([
    ['signature_invalid', 1],
    ['usage', 2],
    ['unreachable', 3],
    ['identity_unjudged', 3],
    ['log_misbehaved', 4],
    ['not_logged', 5],
    ['rolled_back', 78],
    ['interrupted', 130],
  ] as const)('of %s is %i', (code, exit) => {
    expect(exitOf(new LogError(code, ''))).toBe(exit);
  });

  it('put what a script must hear of first before the rest', () => {
    expect([EXIT.done, EXIT.unknown, EXIT.failed, EXIT.misbehaviour].reduce<ExitCode>(worseExit, EXIT.done)).toBe(
      EXIT.misbehaviour,
    );
    expect(worseExit(EXIT.unknown, EXIT.failed)).toBe(EXIT.failed);
    expect(worseExit(EXIT.done, EXIT.usage)).toBe(EXIT.usage);
  });
});
