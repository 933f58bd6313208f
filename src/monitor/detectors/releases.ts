/** Releases that lack provenance: those of packages that must have it, and of lines that had it before. */
import type { Evidence } from '../../evidence/facts/evidence.ts';
import { matchesAny } from '../../evidence/policy/document/pattern.ts';
import { lineOf } from '../../evidence/policy/release-line.ts';
import { type Detector, Recent } from '../detector.ts';
import type { Told } from '../finding.ts';
import type { MonitorRules } from '../rules.ts';
import { digestsOf } from './watch-list.ts';

/** A release that still may get its provenance. */
interface Waiting {
  index: number;
  time: number;
  package: string;
  version: string;
  digests: string[];
}

interface State {
  built: [string, true][];
  lines: [string, true][];
  waiting: Waiting[];
}

/** Digests with provenance, and release lines, that are remembered: a build is released soon, or not at all. */
const MOST = 20_000;
/** Releases within their grace. */
const MOST_WAITING = 10_000;

export function releases({ packages, grace }: NonNullable<MonitorRules['releases']>, kept?: unknown): Detector {
  const { built: builtBefore, lines: linesBefore, waiting: waitingBefore } = (kept ?? {}) as Partial<State>;
  const built = new Recent<true>(MOST, builtBefore);
  const lines = new Recent<true>(MOST, linesBefore);
  let waiting: Waiting[] = waitingBefore ?? [];

  function told(until: number): Told[] {
    const over = waiting.filter(({ time }) => time + grace <= until);
    if (over.length === 0) return [];
    waiting = waiting.filter((one) => !over.includes(one));
    return over.map(({ index, package: name, version }) => {
      const had = lines.get(lineKey(name, version)) !== undefined;
      const message = had
        ? `${name}@${version} has no provenance, and earlier versions of its line had some`
        : `${name}@${version} has no provenance`;
      // Of when it is certain, and not of when anybody looked.
      const kind = had ? 'provenance-downgrade' : 'release-without-provenance';
      return { kind, index, time: until, about: `${name}@${version}`, message };
    });
  }

  return {
    name: 'releases',
    observe(evidence) {
      const found = told(evidence.loggedAt);
      const { claim, index, loggedAt: time } = evidence;
      const digests = digestsOf(evidence);
      if (claim?.kind === 'provenance') {
        for (const digest of digests) built.set(digest, true);
        for (const key of linesNamed(evidence)) lines.set(key, true);
        const now = waiting.filter((one) => one.digests.some((digest) => digests.includes(digest)));
        for (const { package: name, version } of now) lines.set(lineKey(name, version), true);
        waiting = waiting.filter((one) => !now.includes(one));
      } else if (claim?.kind === 'release' && claim.package !== undefined && matchesAny(packages, claim.package)) {
        const version = claim.version ?? '';
        if (digests.some((digest) => built.get(digest))) lines.set(lineKey(claim.package, version), true);
        else waiting.push({ index, time, package: claim.package, version, digests });
        if (waiting.length > MOST_WAITING) found.push(...told(waiting[0]!.time + grace));
      }
      return found;
    },
    passed: told,
    state: (): State => ({ built: built.entries(), lines: lines.entries(), waiting }),
  };
}

/** A version that says no line is one of its own. */
function lineKey(name: string, version: string): string {
  const line = lineOf(version);
  return line === undefined ? `${name}@${version}` : `${name} ${line.major}.${line.minor}`;
}

/** Of subjects that are named by package URLs with a version. */
function linesNamed({ subjects }: Evidence): string[] {
  return subjects.flatMap(({ name }) => {
    const [, bare, version] = /^(pkg:[^@?#]+)@([^?#]+)/.exec(name ?? '') ?? [];
    return bare === undefined ? [] : [lineKey(bare, version!)];
  });
}
