/** Commands about policies: what one comes down to, a first one, what the log shows for the controls of others; pin sets. */
import { Argument } from 'commander';
import { FRAMEWORKS } from '../evidence/policy/frameworks.ts';
import type { AddCommand } from './command.ts';
import { commit, option, positive, remoteOptions } from './options.ts';

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
}
