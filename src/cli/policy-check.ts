/** `countersign policy check`: whether a policy can be read, the rules that it comes down to, and likely oversights. */
import { decodeUtf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { PRESET_NAMES, type PresetName } from '../evidence/policy/document/policy.ts';
import { presetText } from '../evidence/policy/document/read-policy.ts';
import { effectiveRules, oversights } from '../evidence/policy/effective.ts';
import { type Policy, readPolicy } from '../evidence/policy/policy.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { readWhole } from './files.ts';
import type { Io } from './io.ts';
import { type Output, printable, remark, writeResult } from './output.ts';

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

/** A policy from a file, from stdin, or of a preset's name. @throws LogError policy_invalid, file_unreadable */
async function loadPolicy(file: string, io: Io): Promise<Policy> {
  if ((PRESET_NAMES as readonly string[]).includes(file)) return readPolicy(presetText(file as PresetName));
  const text = decodeUtf8(await readWhole(file, io, LARGEST));
  if (text === undefined) throw new LogError('policy_invalid', 'the policy is not text');
  return readPolicy(text);
}

const LARGEST = 1024 * 1024;

function table(rules: ReturnType<typeof effectiveRules>): string[] {
  const width = (of: (rule: (typeof rules)[number]) => string) => Math.max(...rules.map((rule) => of(rule).length));
  const [ids, codes] = [width(({ rule }) => rule), width((rule) => rule.codes[0]!)];
  return rules.map(({ rule, codes: [code], expected }) => `  ${rule.padEnd(ids)}  ${code!.padEnd(codes)}  ${expected}`);
}
