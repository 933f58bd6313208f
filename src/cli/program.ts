/** The commands and their options. What a command does is loaded only when it is called, so that help is quick. */
import { Argument, Command, CommanderError, type Option } from 'commander';
import { LogError } from '../core/errors.ts';
import { CONTROL_EVENTS, type ControlEventName } from '../entry/control/control-type.ts';
import type { KeyRole } from '../log/named-keys.ts';
import type { Run } from './command.ts';
import { addCopyCommands } from './copy-commands.ts';
import { EXIT, type ExitCode, exitOf } from './exit.ts';
import { admissionOptions, exportOptions, gateOptions } from './gate-options.ts';
import type { Io } from './io.ts';
import {
  collect,
  collectIndexes,
  duration,
  head,
  index,
  LOG_LEVELS,
  option,
  port,
  positive,
  remoteOptions,
  sha256,
} from './options.ts';
import { FORMATS, type Format, type Output, type Result, writeError } from './output.ts';
import { addPolicyCommands } from './policy-commands.ts';
import { VERSION } from './version.ts';
import { addWitnessCommands } from './witness-commands.ts';

/** Runs one command line, without the program's name, and says how the process must exit. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const program = buildProgram(io, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

function buildProgram(io: Io, finish: (code: ExitCode) => void): Command {
  const program = new Command('countersign')
    .description('A transparency log for build attestations and signing events.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(run it with --help for what there is)')
    .addHelpText('after', EXIT_CODES);

  /** Adds a command: its options, how it ends, and what it does. `group name` belongs to a group of commands. */
  function command<Options>(
    name: string,
    description: string,
    options: Option[],
    run: Run<Options>,
    failure?: Result,
  ): Command {
    const [last = name, group] = name.split(' ').reverse();
    const added = (group === undefined ? program : groupOf(group)).command(last).description(description);
    for (const option of options) added.addOption(option);
    added.addOption(option('--format <format>', 'how results are written', 'FORMAT').choices(FORMATS).default('text'));
    // Commander hands over the arguments, then the options, then the command.
    added.action(async (...parsed: unknown[]) => {
      const { format, ...rest } = added.opts<{ format: Format }>();
      const output: Output = { io, command: name.replace(' ', '-'), format, ...(failure && { failure }) };
      try {
        finish(
          await run(
            parsed
              .slice(0, -2)
              .flat()
              .filter((arg) => arg !== undefined) as string[],
            rest as Options,
            output,
          ),
        );
      } catch (error) {
        const reason = io.signal.aborted ? new LogError('interrupted', 'interrupted') : error;
        writeError(output, reason);
        finish(exitOf(reason));
      }
    });
    return added;
  }

  function groupOf(name: string): Command {
    return program.commands.find((one) => one.name() === name) ?? program.command(name).description(GROUPS[name] ?? '');
  }

  command(
    'init',
    'create a log',
    [
      option('--data <dir>', 'where the log is to lie', 'DATA').makeOptionMandatory(),
      option('--origin <host>', 'host name that the log will be known by', 'ORIGIN'),
      option('--keys <dir>', 'where its keys are to lie (default: below --data)', 'KEYS'),
      option('--anchor <file>', 'record against rollback, outside --data', 'ANCHOR'),
      option('--dev', 'a development log, with an origin of its own'),
    ],
    async (_, options: import('./init.ts').InitOptions, output) => (await import('./init.ts')).runInit(options, output),
  );

  command(
    'serve',
    'run a log',
    [
      option('--data <dir>', 'where the log lies (default with --dev: data)', 'DATA'),
      option('--host <address>', 'address to listen on', 'HOST'),
      option('--port <number>', 'port to listen on', 'PORT').argParser(port),
      option('--anchor <file>', 'record against rollback, outside --data', 'ANCHOR'),
      option('--config <file>', 'configuration, YAML', 'CONFIG'),
      option('--keys <dir>', 'where the keys lie (default: below --data)', 'KEYS'),
      option('--dev', 'loopback only, every write admitted, a log is created if there is none'),
      option('--metrics-port <number>', 'metrics on a listener of their own', 'METRICS_PORT').argParser(port),
      option(
        '--witness-policy <file>',
        'witnesses to ask for cosignatures, and how many must (C2SP tlog-policy)',
        'WITNESS_POLICY',
      ),
      option('--origin <host>', 'the origin that the log must have', 'ORIGIN'),
      option('--accept-head <size:root>', 'the head that you know to be right, where there is no anchor').argParser(
        head,
      ),
      option('--log-level <level>', 'what is logged, on stderr (default: info, with --dev warn)', 'LOG_LEVEL').choices(
        LOG_LEVELS,
      ),
    ],
    async (_, options: Omit<import('./serve.ts').ServeOptions, 'data'> & { data?: string }, output) => {
      const data = options.data ?? (options.dev ? 'data' : undefined);
      if (data === undefined) throw new LogError('usage', 'say where the log lies: --data DIR');
      return (await import('./serve.ts')).runServe({ ...options, data }, output);
    },
  );

  command(
    'freeze',
    'end a log, for good: it serves what it holds and takes no more entries',
    [
      option('--data <dir>', 'where the log lies; no server may have it open', 'DATA').makeOptionMandatory(),
      option('--keys <dir>', 'where its keys lie (default: below --data)', 'KEYS'),
      option('--anchor <file>', 'record against rollback, outside --data', 'ANCHOR'),
    ],
    async (_, options: import('./freeze.ts').FreezeOptions, output) =>
      (await import('./freeze.ts')).runFreeze(options, output),
  );

  command(
    'add-key',
    'give a log a key that it was made without, and log which',
    [
      option('--data <dir>', 'where the log lies; no server may have it open', 'DATA').makeOptionMandatory(),
      option('--keys <dir>', 'where its keys lie (default: below --data)', 'KEYS'),
      option('--anchor <file>', 'record against rollback, outside --data', 'ANCHOR'),
    ],
    async ([role], options: import('./add-key.ts').AddKeyOptions, output) =>
      (await import('./add-key.ts')).runAddKey(role as KeyRole, options, output),
  ).addArgument(
    new Argument('<role>', 'rekor-v1: for clients of Rekor v1; timestamp: for the timestamp authority').choices([
      'rekor-v1',
      'timestamp',
    ] satisfies KeyRole[]),
  );

  command(
    'erase',
    'erase a payload, for good, and log that it was',
    [
      option('--data <dir>', 'where the log lies; no server may have it open', 'DATA').makeOptionMandatory(),
      option('--index <number>', 'the payload of this entry').argParser(index),
      option('--payload <sha256>', 'the payload with this SHA-256').argParser(sha256),
      option('--reason <text>', 'why; it is logged, and public for ever').makeOptionMandatory(),
      option('--yes', 'do it; without it, what would be erased is only shown'),
      option('--keys <dir>', 'where its keys lie (default: below --data)', 'KEYS'),
      option('--anchor <file>', 'record against rollback, outside --data', 'ANCHOR'),
    ],
    async (_, options: import('./erase.ts').EraseOptions, output) =>
      (await import('./erase.ts')).runErase(options, output),
  );

  command(
    'fsck',
    'rebuild the tree from its leaves and compare everything with it',
    [
      option('--data <dir>', 'where the log lies', 'DATA'),
      option('--keys <dir>', 'where its keys lie (default: below --data)', 'KEYS'),
      option('--log-key <vkey>', 'verifier key of the log', 'LOG_KEY'),
    ],
    async ([url], options: import('./fsck.ts').FsckOptions, output) => {
      const { runFsck } = await import('./fsck.ts');
      // An explicit URL goes before a directory that only the environment names.
      const isExplicit = program.commands.find((one) => one.name() === 'fsck')?.getOptionValueSource('data') === 'cli';
      if (url === undefined && options.data === undefined)
        throw new LogError('usage', 'give --data DIR or the URL of a log');
      if (url !== undefined && isExplicit) throw new LogError('usage', 'give either --data or a URL');
      if (url === undefined) return runFsck(options, output);
      if (options.logKey === undefined)
        throw new LogError('usage', 'to check a log by its URL, give its key with --log-key');
      const { data: _, ...remote } = options;
      return runFsck({ ...remote, url }, output);
    },
  ).addArgument(new Argument('[url]', 'a log that serves tiles'));

  command(
    'add',
    'submit attestations, bundles and signatures',
    [
      ...remoteOptions(),
      option(
        '--public-key <file>',
        'public key for records that do not carry their own, PEM; may be repeated',
      ).argParser(collect),
      option('--certificate <file>', 'certificate for records that do not carry their own, PEM, the signing one first'),
      option('--leaf <kind>', 'log envelopes as this kind of leaf').choices(['dsse']),
      option('--bundle <file>', 'where the bundle of a single record goes'),
      option('--bundle-dir <dir>', 'where the bundle of every record goes, as <index>.sigstore.json'),
      option('--sign <keyfile>', 'sign the files with this private key, and log the signatures'),
    ],
    async (files, options: import('./add.ts').AddOptions, output) =>
      (await import('./add.ts')).runAdd(files, options, output),
  ).addArgument(new Argument('<file...>', 'JSON or JSON Lines; - is stdin'));

  command(
    'get',
    'find entries, and verify that they are in the log',
    [
      ...remoteOptions(),
      option('--bundle <file>', 'where the bundle of the newest entry found goes'),
      option('--limit <number>', 'at most so many entries').argParser(positive).default(20),
    ],
    async ([what], options: import('./get.ts').GetOptions, output) =>
      (await import('./get.ts')).runGet(what!, options, output),
  ).addArgument(new Argument('<what>', 'an index, a leaf hash, a digest such as sha256:<hex>, or a file'));

  command(
    'explain',
    'say where an artifact came from, who changed it, what went in and what built it, as far as the log knows',
    remoteOptions(),
    async ([artifact], options: import('./remote.ts').RemoteOptions, output) =>
      (await import('./explain.ts')).runExplain(artifact!, options, output),
  ).addArgument(new Argument('<artifact>', 'a file, a digest such as sha256:<hex> or gitCommit:<hex>, or - for stdin'));

  command(
    'gate',
    'say whether an artifact may be promoted, and why, from entries that are proved here',
    gateOptions(),
    async ([artifact], options: import('./gate.ts').GateOptions, output) =>
      (await import('./gate.ts')).runGate(artifact!, options, output),
    { decision: 'DENY' },
  ).addArgument(new Argument('<artifact>', 'a file, a digest such as sha256:<hex> or gitCommit:<hex>, or - for stdin'));

  command(
    'evidence export',
    'write all evidence about an artifact into one file, for gates without a network',
    exportOptions(),
    async ([artifact], options: import('./evidence-export.ts').EvidenceExportOptions, output) =>
      (await import('./evidence-export.ts')).runEvidenceExport(artifact!, options, output),
  ).addArgument(new Argument('<artifact>', 'a file, a digest such as sha256:<hex> or gitCommit:<hex>, or - for stdin'));

  command(
    'admission',
    'answer a Kubernetes cluster whether images may run, by policies and from entries that are proved here',
    admissionOptions(),
    async (_, options: import('./admission.ts').AdmissionOptions, output) =>
      (await import('./admission.ts')).runAdmission(options, output),
  );

  command(
    'prove',
    'fetch and verify an inclusion or a consistency proof',
    [
      ...remoteOptions(),
      option('--size <number>', 'size of the tree (default: the published one)'),
      option('--consistency', 'prove that the tree of the second size begins with that of the first'),
      option('--output <file>', 'where the inclusion proof goes, as a C2SP tlog-proof'),
    ],
    async (numbers, options: import('./prove.ts').ProveOptions, output) =>
      (await import('./prove.ts')).runProve(numbers, options, output),
  ).addArgument(new Argument('<number...>', 'an index; with --consistency two sizes'));

  command(
    'verify',
    'check an artifact offline, from its bundle',
    [
      option('--bundle <file>', 'the bundle; - is stdin').makeOptionMandatory(),
      option('--log-key <vkey>', 'verifier key of the log that must have the entry', 'LOG_KEY'),
      option('--trusted-root <file>', 'whose logs, certificates and timestamps count (trusted_root.json)'),
      option('--time-key <vkey>', "verifier key of the log's time key", 'TIME_KEY'),
      option('--origin <name>', 'origin of the log (default: the name of its key)', 'ORIGIN'),
      option('--key <file>', 'who must have signed: this public key, PEM'),
      option('--any-signer', 'who must have signed: anybody'),
      option('--identity <name>', 'who must have signed: the holder of a certificate for this name'),
      option('--issuer <url>', 'who vouched for --identity'),
      option('--policy <file>', 'what must hold'),
      option('--witness-policy <file>', "witnesses who must have cosigned the log's checkpoint (C2SP tlog-policy)"),
    ],
    async ([artifact], options: import('./verify.ts').VerifyOptions, output) =>
      (await import('./verify.ts')).runVerify(artifact!, options, output),
    { verified: false },
  ).addArgument(new Argument('<artifact>', 'a file, a digest such as sha256:<hex>, or - for stdin'));

  command(
    'revoke',
    'state, by a signed statement in the log, what is trusted no more, or again, or by whom',
    [
      ...remoteOptions(),
      option('--namespace <name>', 'whose authority you use; not for a key that revokes itself, or what you signed'),
      option('--sign <keyfile>', 'private key, PEM; repeated where it takes several').argParser(collect),
      option('--reason <text>', 'why; for key-revoke: compromise, superseded, retired or unspecified'),
      option('--last-valid-index <index>', 'key-revoke: the last entry of the key that is good').argParser(index),
      option('--reverses <index>', 'which control statement ends; may be repeated').argParser(collectIndexes),
      option('--issuer <url>', 'who vouches for the identity'),
      option('--repository-id <id>', 'of the identity'),
      option('--set <member=value>', 'any other member of the statement, the value as JSON or text').argParser(collect),
      option('--output <file>', 'write the signed statement for others to sign, instead of sending it'),
      option('--cosign <file>', 'sign such a file too, and send it'),
      option('--dry-run', 'show the statement, and do nothing'),
    ],
    async ([event, target], options: import('./revoke.ts').RevokeOptions, output) =>
      (await import('./revoke.ts')).runRevoke(event as ControlEventName | undefined, target, options, output),
  )
    .addArgument(new Argument('[event]', 'what is stated').choices(CONTROL_EVENTS))
    .addArgument(new Argument('[target]', 'a file, digest, package URL, key, name or entry: what it acts on'));

  command(
    'revocations',
    'replicate the control statements of a log, verify them, and show which are in effect',
    [
      ...remoteOptions(),
      option('--authority <file>', 'first authority of a namespace that you trust, JSON; may be repeated').argParser(
        collect,
      ),
      option('--follow', 'go on as the log goes on'),
      option('--affected <position>', 'show what the dependency-taint at this position of the feed reaches').argParser(
        index,
      ),
    ],
    async (_, options: import('./revocations.ts').RevocationsOptions, output) =>
      (await import('./revocations.ts')).runRevocations(options, output),
  );

  command(
    'checkpoint',
    'show the newest checkpoint of a log, verified',
    remoteOptions(),
    async (_, options: import('./remote.ts').RemoteOptions, output) =>
      (await import('./checkpoint.ts')).runCheckpoint(options, output),
  );

  command(
    'sigstore-config',
    'write the files that make Sigstore clients use a log',
    [
      ...remoteOptions(),
      option('--out <dir>', 'where the files go').makeOptionMandatory(),
      option('--force', 'replace files that are there already'),
      option('--fulcio <url>', 'certificate authority that signers get certificates from'),
      option('--fulcio-chain <file>', 'its certificates, PEM: the issuing one first, the root last'),
      option('--oidc <url>', 'OpenID Connect issuer that signers get identity tokens from'),
      option('--ct-key <file>', 'public key of the certificate transparency log that it writes to, PEM'),
      option('--tsa <url>', "timestamp authority (default: the log's own, where it runs)"),
      option('--tsa-chain <file>', 'its certificates, PEM: the signing one first, the root last'),
      option('--rekor-api <version>', 'let signers use only this version of the Rekor API').choices(['1', '2']),
    ],
    async (_, options: import('./sigstore-config.ts').SigstoreConfigOptions, output) =>
      (await import('./sigstore-config.ts')).runSigstoreConfig(options, output),
  );

  addCopyCommands(command);
  addPolicyCommands(command);
  addWitnessCommands(command);

  command(
    'keygen',
    'make a key pair for signing, ECDSA on P-256',
    [
      option('--output <file>', 'where the private key goes; the public one beside it, with .pub').default(
        'countersign.key',
      ),
    ],
    async (_, options: import('./keygen.ts').KeygenOptions, output) =>
      (await import('./keygen.ts')).runKeygen(options, output),
  );

  command(
    'token',
    'make a bearer token for a submitter',
    [
      option('--name <name>', "names the submitter in the server's logs").default('submitter'),
      option('--expires <duration>', 'for how long it admits, such as 24h or 30d (default: without end)').argParser(
        duration,
      ),
    ],
    async (_, options: import('./token.ts').TokenOptions, output) =>
      (await import('./token.ts')).runToken(options, output),
  );

  return program;
}

const GROUPS: Readonly<Record<string, string>> = {
  policy: 'what must hold of an artifact',
  evidence: 'what proves it, in files',
};

const EXIT_CODES = `
Exit codes: 0 verified or done · 1 failed · 2 usage · 3 could not tell · 4 the log misbehaved, evidence written
            5 not (yet) in the log · 70 a server stopped itself · 78 a server refuses to start · 130 interrupted`;
