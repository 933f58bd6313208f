/** More entries by one identity, or in one namespace, than is usual in a time. Told once for each burst. */
import type { Credential, Evidence } from '../../evidence/facts/evidence.ts';
import { writeDuration } from '../../evidence/policy/document/duration.ts';
import { type Detector, Recent } from '../detector.ts';
import type { Told } from '../finding.ts';
import type { MonitorRules } from '../rules.ts';
import { repositoryOf } from './watch-list.ts';

interface Activity {
  /** POSIX seconds of the newest entries, ascending; one more than the limit at most. */
  times: number[];
  /** It has been told, and has not ended. */
  isTold: boolean;
}

type Limit = NonNullable<MonitorRules['burst']['perIdentity']>;

/** Identities and namespaces that are remembered. */
const MOST = 20_000;

export function bursts({ perIdentity, perNamespace }: MonitorRules['burst'], kept?: unknown): Detector {
  const known = new Recent<Activity>(MOST, (kept ?? []) as [string, Activity][]);

  function count(who: string, { number, seconds }: Limit, { index, loggedAt: time }: Evidence): Told[] {
    const activity = known.get(who) ?? { times: [], isTold: false };
    const times = [...activity.times.filter((one) => one > time - seconds), time].slice(-(number + 1));
    const isOver = times.length > number;
    known.set(who, { times, isTold: isOver });
    if (!isOver || activity.isTold) return [];
    const message = `more than ${number} entries in ${writeDuration(seconds)} by ${who}`;
    return [{ kind: 'burst', index, time, about: who, message }];
  }

  return {
    name: 'bursts',
    observe(evidence) {
      const told: Told[] = [];
      if (perIdentity !== undefined) {
        for (const who of new Set(evidence.credentials.map(signerOf))) told.push(...count(who, perIdentity, evidence));
      }
      const namespace = perNamespace && namespaceOf(evidence);
      if (namespace !== undefined) told.push(...count(namespace, perNamespace!, evidence));
      return told;
    },
    state: () => known.entries(),
  };
}

/** A workflow is one, for whatever branch or tag it runs. */
function signerOf({ kind, key, names }: Credential): string {
  const [name] = names;
  return kind === 'certificate' && name !== undefined ? name.replace(/@refs\/.*$/s, '') : `key ${key}`;
}

/** Whoever owns the repository: `https://github.com/acme`. */
function namespaceOf(evidence: Evidence): string | undefined {
  return /^[a-z]+:\/\/[^/]+\/[^/]+/i.exec(repositoryOf(evidence) ?? '')?.[0];
}
