/** What a monitor looks for: one closed YAML document. Patterns and durations are those of policies. */
import { z } from 'zod';
import { LogError } from '../core/errors.ts';
import { closed, duration, keyHash, pattern, someOf, text } from '../evidence/policy/document/members.ts';
import { rate } from '../evidence/policy/document/require.ts';
import { readPlainYaml } from '../evidence/policy/document/yaml.ts';

const identity = closed({
  /** Subject alternative name. */
  san: pattern.optional(),
  /** OIDC issuer, exact. */
  issuer: text.optional(),
  /** Facts in the certificate, by name: `sourceRepositoryIdentifier: "810002373"`. */
  facts: z.record(text, pattern).optional(),
  /** Names under which it may sign; without them, every use is told. */
  workflows: someOf(pattern).optional(),
}).refine(
  ({ san, issuer, facts }) => san !== undefined || issuer !== undefined || facts !== undefined,
  'must have san, issuer or facts',
);

const document = closed({
  watch: closed({
    identities: someOf(identity).optional(),
    keys: someOf(keyHash).optional(),
    /** `<algorithm>:<hex>` */
    subjects: someOf(text).optional(),
    repositories: someOf(pattern).optional(),
    builders: someOf(pattern).optional(),
    predicateTypes: someOf(pattern).optional(),
  }).prefault({}),
  /** Packages whose releases must have provenance, without version: `pkg:npm/%40acme/*`. */
  releases: closed({ packages: someOf(pattern), grace: duration.default(600) }).optional(),
  /** Entries in a time that are unusual. */
  burst: closed({ perIdentity: rate.optional(), perNamespace: rate.optional() }).prefault({}),
  /** Repositories whose tags must stay where they are. */
  tags: someOf(pattern).optional(),
  /** Whether control statements are told. */
  revocations: z.literal(true).optional(),
  /** Seconds after which a log that says nothing new is told. */
  silence: duration.optional(),
});

export type MonitorRules = z.output<typeof document>;
export type WatchedIdentity = z.output<typeof identity>;

/** Names of the rules that look into payloads: of a log that serves none they find nothing. */
export function rulesOnPayloads({ watch, releases, tags, revocations, burst }: MonitorRules): string[] {
  const { builders, predicateTypes } = watch;
  const named = { 'watch.builders': builders, 'watch.predicateTypes': predicateTypes, releases, tags, revocations };
  const all = { ...named, 'burst.perNamespace': burst.perNamespace };
  return Object.entries(all).flatMap(([name, rule]) => (rule === undefined ? [] : [name]));
}

/** @throws LogError policy_invalid, `at` naming the member or the line */
export function readMonitorRules(source: string): MonitorRules {
  let value: unknown;
  try {
    value = readPlainYaml(source);
  } catch (cause) {
    if (!(cause instanceof LogError)) throw cause;
    throw new LogError('policy_invalid', cause.message.replace('the policy', 'the rules'), {
      cause,
      ...(cause.at !== undefined && { at: cause.at }),
    });
  }
  const read = document.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const at = issue?.path.join('.') || 'the top level';
  throw new LogError('policy_invalid', `the rules are wrong at ${at}: ${issue?.message ?? 'not readable'}`, { at });
}
