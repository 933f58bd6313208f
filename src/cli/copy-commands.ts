/** The commands that keep a copy of a log. */
import { Argument, type Command, type Option } from 'commander';
import type { ExitCode } from './exit.ts';
import { option, port, positive, remoteOptions } from './options.ts';
import type { Output } from './output.ts';

/** Adds a command to the program. */
type AddCommand = <Options>(
  name: string,
  description: string,
  options: Option[],
  run: (args: readonly string[], options: Options, output: Output) => Promise<ExitCode> | ExitCode,
) => Command;

export function addCopyCommands(command: AddCommand): void {
  command(
    'mirror',
    'keep a verified copy of a log, and serve it',
    [
      ...remoteOptions().filter(({ long }) => long !== '--url' && long !== '--log-key'),
      option('--log-key <vkey>', 'verifier key of the log', 'LOG_KEY').makeOptionMandatory(),
      option('--data <dir>', 'where the copy lies; a directory of its own').makeOptionMandatory(),
      option('--host <host>', 'address to serve the copy on').default('127.0.0.1'),
      option('--port <port>', 'port to serve the copy on; 0 takes any free one (default: it is not served)').argParser(
        port,
      ),
      option('--interval <seconds>', 'time between two rounds', 'INTERVAL').argParser(positive).default(60),
      option('--once', 'bring the copy up once and end'),
    ],
    async ([url], options: import('./mirror.ts').MirrorOptions, output) =>
      (await import('./mirror.ts')).runMirror(url!, options, output),
  ).addArgument(new Argument('<url>', 'a log that serves tiles, or a mirror of one'));
}
