/** Commands about policies and what they are fed with: check, init, reports by framework, pin sets, signers. */
import { Argument } from 'commander';
import { FRAMEWORKS } from '../evidence/policy/frameworks.ts';
import type { AddCommand } from './command.ts';
import { commit, duration, option, positive, remoteOptions } from './options.ts';

export function addPolicyCommands(command: AddCommand): void {
  command(
    'policy check',
    'check a policy, and show what it comes down to',
    [],
    async ([file], _: unknown, output) => (await import('./policy-check.ts')).runPolicyCheck(file!, output),
    { valid: false },
  ).addArgument(new Argument('<file>', 'the policy, YAML or JSON; - is stdin; or the name of a preset'));

  command(
    'policy init',
    'write a first policy for a package, one that allows all of its releases that a log knows',
    [
      ...remoteOptions(),
      option('--package <name>', 'package URL, or URL of a repository').makeOptionMandatory(),
      option('--name <name>', 'name of the policy (default: that of the package)'),
      option('--out <file>', 'where the policy goes (default: stdout)'),
      option('--authority <file...>', 'first authorities of namespaces that you trust, whatever the operator says'),
    ],
    async (_, options: import('./policy-init.ts').PolicyInitOptions, output) =>
      (await import('./policy-init.ts')).runPolicyInit(options, output),
  );

  command(
    'report',
    'list the evidence that a log holds for the controls of a framework, and the gaps, by a policy',
    [
      ...remoteOptions(),
      option('--framework <name>', 'whose controls')
        .choices(FRAMEWORKS.map(({ id }) => id))
        .makeOptionMandatory(),
      option('--policy <file>', 'the policy, YAML or JSON; - is stdin; or the name of a preset').makeOptionMandatory(),
      option('--package <name>', 'about the artifacts of this package URL, or repository'),
      option('--size <number>', 'as of this tree size (default: the published one)').argParser(positive),
      option('--limit <number>', 'at most so many artifacts, the newest').argParser(positive).default(100),
      option('--authority <file...>', 'first authorities of namespaces that you trust, whatever the operator says'),
    ],
    async (artifacts, options: import('./report.ts').ReportOptions, output) =>
      (await import('./report.ts')).runReport(artifacts, options, output),
  ).addArgument(
    new Argument('[artifact...]', 'files or digests such as sha256:<hex>; without any, all that was built or released'),
  );

  command(
    'pin-set',
    'state what the workflow and lock files of a revision point to',
    [
      option('--commit <hex>', 'the revision that the folder holds').argParser(commit).makeOptionMandatory(),
      option('--sign <keyfile>', 'private key, PEM; what is written can be logged with countersign add'),
      option('--out <file>', 'where the statement goes (default: stdout)'),
    ],
    async ([folder], options: import('./pin-set.ts').PinSetOptions, output) =>
      (await import('./pin-set.ts')).runPinSet(folder!, options, output),
  ).addArgument(new Argument('[folder]', 'a clean checkout of the revision').default('.'));

  command(
    'signers',
    'list who signed what a log holds, when first and last, and who answers for them',
    [
      ...remoteOptions().filter(({ long }) => long !== '--log-key'),
      option('--log-key <vkey>', 'verifier key of the log', 'LOG_KEY').makeOptionMandatory(),
      option('--policy <file>', 'a policy that names owners, YAML or JSON; - is stdin'),
      option('--unowned', 'only those for whom nobody in the policy answers'),
      option('--unused <duration>', 'only those whose last entry is older, such as 90d').argParser(duration),
    ],
    async (_, options: import('./signer-register.ts').SignersOptions, output) =>
      (await import('./signer-register.ts')).runSigners(options, output),
  );
}
