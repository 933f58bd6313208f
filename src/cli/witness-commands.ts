/** Commands of those who watch logs: following, witnessing, convicting. */
import { Argument } from 'commander';
import type { AddCommand } from './command.ts';
import { collect, index, option, port, positive, remoteOptions } from './options.ts';

export function addWitnessCommands(command: AddCommand): void {
  command(
    'watch',
    'follow a log, and prove that each checkpoint extends the last',
    [
      ...remoteOptions().filter(({ long }) => long !== '--url' && long !== '--log-key'),
      option('--log-key <vkey>', 'verifier key of the log', 'LOG_KEY').makeOptionMandatory(),
      option('--state <file>', 'what was seen last', 'STATE').makeOptionMandatory(),
      option('--interval <seconds>', 'time between two looks', 'INTERVAL').argParser(positive).default(60),
      option('--once', 'look once and end'),
    ],
    async ([url], options: import('./watch.ts').WatchOptions, output) =>
      (await import('./watch.ts')).runWatch(url!, options, output),
  ).addArgument(new Argument('<url>', 'a log that serves tiles'));

  command(
    'monitor',
    'watch a log for what concerns you: identities, keys, releases, tags, bursts, silence',
    [
      ...remoteOptions().filter(({ long }) => long !== '--url' && long !== '--log-key'),
      option('--log-key <vkey>', 'verifier key of the log', 'LOG_KEY').makeOptionMandatory(),
      option('--state <file>', 'cursor, and what the rules remember', 'STATE').makeOptionMandatory(),
      option('--rules <file>', 'what to look for, YAML').makeOptionMandatory(),
      option('--ack <file>', 'ids of findings that are known, a line each'),
      option('--from <index>', 'the first entry to look at (default: those to come)').argParser(index),
      option('--witness-policy <file>', 'witnesses who must have cosigned the newest checkpoint (C2SP tlog-policy)'),
      option('--interval <seconds>', 'time between two looks', 'INTERVAL').argParser(positive).default(60),
      option('--once', 'look once and end'),
    ],
    async ([url], options: import('./monitor.ts').MonitorOptions, output) =>
      (await import('./monitor.ts')).runMonitor(url!, options, output),
  ).addArgument(new Argument('<url>', 'a log that serves tiles'));

  command(
    'witness',
    'cosign the checkpoints of logs, once they are proved to be consistent',
    [
      option('--data <dir>', 'where key and memory of the witness lie', 'DATA').makeOptionMandatory(),
      option('--log <vkey>', 'verifier key of a log, or "ORIGIN VKEY"; may be repeated').argParser(collect),
      option('--name <name>', 'name that the witness will be known by; needed at its first start'),
      option('--host <address>', 'address to listen on', 'HOST').default('127.0.0.1'),
      option('--port <number>', 'port to listen on', 'PORT').argParser(port).default(3010),
    ],
    async (_, options: import('./witness.ts').WitnessOptions, output) =>
      (await import('./witness.ts')).runWitness(options, output),
  );

  command(
    'evidence verify',
    'convict a log of misbehaviour, offline, by a file that a monitor, a witness or a client has written',
    [option('--log-key <vkey>', 'verifier key that you know the log by', 'LOG_KEY')],
    async ([file], options: import('./evidence-verify.ts').EvidenceVerifyOptions, output) =>
      (await import('./evidence-verify.ts')).runEvidenceVerify(file!, options, output),
    { convicted: false },
  ).addArgument(new Argument('<file>', 'the evidence'));
}
