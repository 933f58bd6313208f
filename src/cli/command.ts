/** What a command is, to whoever adds one to the program. */
import type { Command, Option } from 'commander';
import type { ExitCode } from './exit.ts';
import type { Output, Result } from './output.ts';

/** What a command is called with: its arguments, its own options among others, and where to write. */
export type Run<Options> = (args: readonly string[], options: Options, output: Output) => Promise<ExitCode> | ExitCode;

/** Adds a command. `group name` belongs to a group of commands; `failure` stands beside errors in JSON. */
export type AddCommand = <Options>(
  name: string,
  description: string,
  options: Option[],
  run: Run<Options>,
  failure?: Result,
) => Command;
