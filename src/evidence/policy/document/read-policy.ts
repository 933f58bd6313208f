/** Reads a policy document, fills in its preset, and makes it ready to be evaluated. */
import { toHex, utf8 } from '../../../core/bytes.ts';
import { LogError } from '../../../core/errors.ts';
import { sha256 } from '../../../core/hash.ts';
import { isObject, type Members } from '../../../entry/encoding/members.ts';
import { type PolicyDocument, type PresetName, policyDocument } from './policy.ts';
import { PRESETS } from './presets.ts';
import { readPlainYaml } from './yaml.ts';

export interface ReadDocument {
  readonly document: PolicyDocument;
  /** Hex SHA-256 of the document's bytes: names it in decisions. */
  readonly sha256: string;
}

/**
 * A document from YAML or JSON text. The document is checked by itself first, so that what is wrong is told where it
 * stands, then with its preset below it: objects are merged, everything else is replaced.
 * @throws LogError policy_invalid, `at` naming line or member
 */
export function readDocument(source: string): ReadDocument {
  const value = readPlainYaml(source);
  const own = check(value);
  const document = own.extends === undefined ? own : check(merge(PRESETS[own.extends], value as Members));
  return { document, sha256: toHex(sha256(utf8(source))) };
}

/** The document that a preset alone makes. */
export function presetText(name: PresetName): string {
  return `policy: ${name}\nversion: 1\nextends: ${name}\n`;
}

function check(value: unknown): PolicyDocument {
  const parsed = policyDocument.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = issue?.path.map((part) => String(part).slice(0, 64)).join('.') || 'the top level';
  throw new LogError('policy_invalid', `the policy is wrong at ${at}: ${issue?.message ?? 'not readable'}`, { at });
}

function merge(below: Members, above: Members): Members {
  const merged: [string, unknown][] = Object.entries(below).filter(([name]) => !Object.hasOwn(above, name));
  for (const [name, value] of Object.entries(above)) {
    const under = Object.hasOwn(below, name) ? below[name] : undefined;
    merged.push([name, isObject(under) && isObject(value) ? merge(under, value) : value]);
  }
  return Object.fromEntries(merged);
}
