/** Options of the commands that decide, or bring others into a position to. */
import type { Option } from 'commander';
import { LOG_LEVELS, option, port, positive, remoteOptions } from './options.ts';

const PHASES = ['source', 'build-input', 'release', 'deploy'] as const;

export function gateOptions(): Option[] {
  return [
    ...remoteOptions(),
    option('--policy <file>', 'the policy, YAML or JSON; - is stdin; or the name of a preset').makeOptionMandatory(),
    option('--phase <phase>', 'what is about to happen').choices(PHASES).default('deploy'),
    option('--name <name>', 'name of the artifact, such as a package URL, that the policy must apply to'),
    option('--authority <file...>', 'first authorities of namespaces that you trust, whatever the operator says'),
    option('--sarif', 'write SARIF 2.1.0'),
    option('--log', 'have the log decide too, and log its decision; needs what a write needs'),
    option('--vsa', 'the same, and write that decision: a verification summary, as a Sigstore bundle'),
    option('--witness-policy <file>', 'witnesses who must have cosigned what is judged (C2SP tlog-policy)'),
    option('--evidence <file>', 'decide without a network, from this file of evidence export'),
    option('--evidence-key <file>', 'who must have signed that file: this public key, PEM'),
  ];
}

export function exportOptions(): Option[] {
  return [
    ...remoteOptions(),
    option('--out <file>', 'where the file goes').makeOptionMandatory(),
    option('--expires <duration>', 'how long it is to count, 7d for example').makeOptionMandatory(),
    option('--policy <file>', 'the policy that it is for (default: what the presets look for)'),
    option('--name <name>', 'name of the artifact, such as a package URL, that the policy must apply to'),
    option('--authority <file...>', 'first authorities of namespaces that you trust, whatever the operator says'),
    option('--sign <keyfile>', 'sign it with this private key, PEM'),
  ];
}

export function admissionOptions(): Option[] {
  return [
    ...remoteOptions().filter(({ long }) => long !== '--log-key' && long !== '--time-key'),
    option('--log-key <vkey>', 'verifier key of the log', 'LOG_KEY').makeOptionMandatory(),
    option('--time-key <vkey>', "verifier key of the log's time key", 'TIME_KEY').makeOptionMandatory(),
    option('--policy <path...>', 'policies: files, presets, or directories of files').makeOptionMandatory(),
    option('--authority <file...>', 'first authorities of namespaces that you trust, whatever the operator says'),
    option('--host <address>', 'address to listen on', 'HOST').default('127.0.0.1'),
    option('--port <number>', 'port to listen on', 'PORT').argParser(port).default(8443),
    option('--tls-cert <file>', 'certificate chain, PEM; read again when it is renewed', 'TLS_CERT'),
    option('--tls-key <file>', 'its private key, PEM', 'TLS_KEY'),
    option('--max-staleness <seconds>', "age of the log's newest stamp above which everything is denied")
      .argParser(positive)
      .default(180),
    option('--evidence-age <seconds>', 'how long fetched evidence counts; revocations reach it at once')
      .argParser(positive)
      .default(30),
    option('--answer-timeout <seconds>', 'after which an undecided image is denied').argParser(positive).default(8),
    option('--log-level <level>', 'what is logged, on stderr', 'LOG_LEVEL').choices(LOG_LEVELS).default('warn'),
  ];
}
