/** What was before: provenance that disappears within a release line, and identities that suddenly sign a lot. */
import type { Evidence } from '../../facts/evidence.ts';
import { writeDuration } from '../document/duration.ts';
import { standing } from '../evidence-in-force.ts';
import { compareLines, type Line, lineOf } from '../release-line.ts';
import { type Context, type Finding, fail, pass, type Rule, unknown } from '../rule.ts';
import { allowedSignatures } from '../signature-in-force.ts';
import { identitiesOf } from '../signers.ts';

const continuity: Rule = {
  id: 'continuity.provenance',
  section: 'log',
  codes: ['PROVENANCE_DOWNGRADE'],
  failure: 'earlier versions of this release line had provenance, and this one has none that the policy trusts',
  fix: 'publish from the pipeline again; if it was done by hand on purpose, have an exception approved',
  protects: 'uploads with a stolen token: what shows is that the provenance is gone',
  example: '1.4.0 to 1.4.6 had provenance, 1.4.7 has none. Mend: publish 1.4.8 from the build.',
  expected: ({ require }) => (require.continuity === undefined ? undefined : 'provenance as before'),
  judge: (context) => {
    const { input, build } = context;
    if (build?.trusted !== undefined) return pass('has provenance', [build.evidence]);
    if (!input.complete) return unknown('earlier versions are not completely known', [], 'INCOMPLETE');
    const before = downgradeFrom(context);
    return before === undefined
      ? pass('earlier ones had none either')
      : fail('none; an earlier one had some', [before]);
  },
};

const rate: Rule = {
  id: 'rate.identity',
  section: 'log',
  codes: ['RATE_EXCEEDED'],
  failure: 'the signing identity logged unusually much in a short time',
  fix: 'find out whether it was you; if it was, have an exception approved, or raise the rate',
  protects: 'worms and thieves, who publish everything that they can reach at once',
  example:
    '`perIdentity: 20/10m`, and this is its 21st entry in ten minutes. Mend: spread releases, or raise the rate.',
  expected: ({ require: { rate } }) =>
    rate && `at most ${rate.perIdentity.number} in ${writeDuration(rate.perIdentity.seconds)}`,
  judge: (context) => {
    const { input, build } = context;
    const signed = build === undefined ? allowedSignatures(context) : [build.evidence];
    if (signed.length === 0) return fail('nothing that counts is logged');
    if (!input.complete) return unknown('what it signed is not completely known', signed.slice(0, 1), 'INCOMPLETE');
    const findings = signed.map((evidence) => rateOf(evidence, context));
    return findings.find(({ outcome }) => outcome === 'pass') ?? findings[0]!;
  },
};

/** The busiest identity of those that signed, up to this entry: what it does later does not turn earlier entries bad. */
function rateOf(evidence: Evidence, { policy, input }: Context): Finding {
  const { number, seconds } = policy.require.rate!.perIdentity;
  const { index, loggedAt } = evidence;
  let most = 0;
  for (const identity of evidence.credentials.flatMap(identitiesOf)) {
    const activity = input.activity.get(identity);
    if (activity === undefined) return unknown('what it signed was not looked up', [evidence], 'INCOMPLETE');
    const within = activity.filter((one) => one.index <= index && one.loggedAt > loggedAt - seconds);
    most = Math.max(most, within.length);
  }
  return (most <= number ? pass : fail)(`${most} in ${writeDuration(seconds)}`, [evidence]);
}

/** Earlier provenance that this version lacks. Where several versions are stated, one that lacks nothing is enough. */
function downgradeFrom(context: Context): Evidence | undefined {
  const { input, about } = context;
  const earlier = standing(input.history, input.log.treeSize).filter(
    (one) => !about.some(({ index }) => index === one.index),
  );
  const asked = lineOf(versionInName(input.artifact.name));
  const stated = allowedSignatures(context).map((one) => lineOf(versionOf(one)));
  const own = asked === undefined ? stated.filter((line) => line !== undefined) : [asked];
  if (own.length === 0) return earlier.findLast(({ claim }) => claim?.kind === 'provenance');
  const before = own.map((line) => provenBefore(line, earlier));
  return before.includes(undefined) ? undefined : before[0];
}

/** Provenance of an earlier version of the same line; of a new line the one before it. Unknown versions are of any. */
function provenBefore(own: Line, earlier: readonly Evidence[]): Evidence | undefined {
  const lines = earlier.map((one) => ({ one, line: lineOf(versionIn(one, earlier)) }));
  const known = lines
    .map(({ line }) => line)
    .filter((line): line is Line => line !== undefined && compareLines(line, own) <= 0);
  const nearest = known.reduce<Line | undefined>(
    (a, b) => (a !== undefined && compareLines(a, b) >= 0 ? a : b),
    undefined,
  );
  return lines.findLast(
    ({ one, line }) =>
      one.claim?.kind === 'provenance' &&
      (line === undefined || (nearest !== undefined && compareLines(line, nearest) === 0)),
  )?.one;
}

/** The version that a statement names itself, by its claim or by a package URL among its subjects. */
function versionOf({ claim, subjects }: Evidence): string | undefined {
  if (claim?.kind === 'release' && claim.version !== undefined) return claim.version;
  for (const { name } of subjects) {
    const version = versionInName(name);
    if (version !== undefined) return version;
  }
  return undefined;
}

/** `pkg:npm/%40acme/api@1.2.3` → `1.2.3` */
function versionInName(name: string | undefined): string | undefined {
  if (name?.startsWith('pkg:') !== true) return undefined;
  const bare = name.split(/[?#]/, 1)[0]!;
  const last = bare.slice(bare.lastIndexOf('/') + 1);
  const at = last.indexOf('@', 1);
  return at === -1 ? undefined : last.slice(at + 1);
}

/** The same, or what a release statement about the same subject names. */
function versionIn(evidence: Evidence, all: readonly Evidence[]): string | undefined {
  const own = versionOf(evidence);
  if (own !== undefined) return own;
  const digests = new Set(evidence.subjects.flatMap((subject) => [...subject.digests.values()]));
  const release = all.find(
    (one) =>
      one.claim?.kind === 'release' &&
      one.subjects.some((subject) => [...subject.digests.values()].some((digest) => digests.has(digest))),
  );
  return release && versionOf(release);
}

export const HISTORY_RULES: readonly Rule[] = [continuity, rate];
