/** Commands about policies: what one comes down to, and a first one. */
import { Argument } from 'commander';
import type { AddCommand } from './command.ts';
import { option, remoteOptions } from './options.ts';

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
}
