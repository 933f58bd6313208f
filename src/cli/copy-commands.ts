/** The commands that follow a log entry by entry, keep a copy of it, and make a log of a copy. */
import { Argument } from 'commander';
import type { AddCommand } from './command.ts';
import { head, index, option, port, positive, remoteOptions } from './options.ts';

export function addCopyCommands(command: AddCommand): void {
  command(
    'tail',
    'follow the entries of a log as they are logged, each proved to be in it',
    [
      ...remoteOptions().filter(({ long }) => long !== '--url' && long !== '--log-key'),
      option('--log-key <vkey>', 'verifier key of the log', 'LOG_KEY').makeOptionMandatory(),
      option('--from <index>', 'the first entry (default: those to come)').argParser(index),
      option('--count <number>', 'end after so many entries').argParser(positive),
    ],
    async ([url], options: import('./tail.ts').TailOptions, output) =>
      (await import('./tail.ts')).runTail({ ...options, url: url! }, output),
  ).addArgument(new Argument('<url>', 'a Countersign log'));

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

  command(
    'recover',
    'rebuild a lost log from a mirror, up to its checkpoint',
    [
      option('--from <mirror>', 'URL of the mirror, or its directory').makeOptionMandatory(),
      option('--data <dir>', 'where the log is to lie; no log may be there', 'DATA').makeOptionMandatory(),
      option('--keys <dir>', "where the log's keys lie (default: below --data)", 'KEYS'),
      option('--log-key <vkey>', 'verifier key of the log', 'LOG_KEY').makeOptionMandatory(),
      option('--anchor <file>', 'record against rollback, outside --data', 'ANCHOR'),
      option('--accept-head <size:root>', 'the head that you know to be right, where there is no anchor').argParser(
        head,
      ),
      option('--token-file <file>', 'bearer token for the mirror', 'TOKEN_FILE'),
    ],
    async (_, options: import('./recover.ts').RecoverOptions, output) =>
      (await import('./recover.ts')).runRecover(options, output),
  );
}
