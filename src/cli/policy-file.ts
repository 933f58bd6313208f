/** The policy that a command is given: a file, stdin, or the name of a preset. */
import { decodeUtf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { PRESET_NAMES, type PresetName } from '../evidence/policy/document/policy.ts';
import { presetText } from '../evidence/policy/document/read-policy.ts';
import { type Policy, readPolicy } from '../evidence/policy/policy.ts';
import { readWhole } from './files.ts';
import type { Io } from './io.ts';

const LARGEST = 1024 * 1024;

/** @throws LogError policy_invalid, file_unreadable */
export async function loadPolicy(file: string, io: Io): Promise<Policy> {
  return readPolicy(await loadPolicyText(file, io));
}

/** @throws LogError policy_invalid where it is not text; file_unreadable */
export async function loadPolicyText(file: string, io: Io): Promise<string> {
  if ((PRESET_NAMES as readonly string[]).includes(file)) return presetText(file as PresetName);
  const text = decodeUtf8(await readWhole(file, io, LARGEST));
  if (text === undefined) throw new LogError('policy_invalid', 'the policy is not text');
  return text;
}
