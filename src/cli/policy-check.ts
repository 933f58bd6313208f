/** `countersign policy check`: whether a policy can be read, the rules that it comes down to, and likely oversights. */
import { effectiveRules, oversights } from '../evidence/policy/effective.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, printable, remark, writeResult } from './output.ts';
import { loadPolicy } from './policy-file.ts';

export async function runPolicyCheck(file: string, output: Output): Promise<ExitCode> {
  const policy = await loadPolicy(file, output.io);
  const { policy: name, version, mode, expires } = policy.document;
  const rules = effectiveRules(policy);
  const remarks = [...oversights(policy)];
  if (expires !== undefined && expires <= output.io.now()) remarks.unshift('it has expired: everything is denied');
  const result = { valid: true, policy: name, version, mode, expires, sha256: policy.sha256, rules, remarks };
  writeResult(
    output,
    result,
    printable([`${name}, version ${version}, ${mode}: ${rules.length} rules`, ...table(rules)].join('\n')),
  );
  if (output.format === 'text') for (const one of remarks) remark(output.io, `Mind: ${one}.`);
  return EXIT.done;
}

function table(rules: ReturnType<typeof effectiveRules>): string[] {
  const width = (of: (rule: (typeof rules)[number]) => string) => Math.max(...rules.map((rule) => of(rule).length));
  const [ids, codes] = [width(({ rule }) => rule), width((rule) => rule.codes[0]!)];
  return rules.map(({ rule, codes: [code], expected }) => `  ${rule.padEnd(ids)}  ${code!.padEnd(codes)}  ${expected}`);
}
