/** What a monitor found. The same log and the same rules give the same findings, with the same ids. */
import { toHex, utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';

export const FINDING_KINDS = [
  'identity-outside-workflow',
  'identity-used',
  'key-used',
  'subject-named',
  'repository-named',
  'builder-named',
  'predicate-logged',
  'release-without-provenance',
  'provenance-downgrade',
  'burst',
  'tag-moved',
  'control-statement',
  'log-silent',
  'quorum-missing',
] as const;

export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  /** 16 hex digits: of log, kind, and what it is about. By it a finding is acknowledged. */
  readonly id: string;
  readonly kind: FindingKind;
  /** Origin of the log. */
  readonly log: string;
  /** Entry that shows it; undefined where it is about the log itself. */
  readonly index: number | undefined;
  /** POSIX seconds, log time where the log states one. */
  readonly time: number;
  /** Who or what it is about: an identity, a package, a tag. */
  readonly about: string;
  /** For people. */
  readonly message: string;
}

/** What a detector says; log and id are filled in. */
export type Told = Omit<Finding, 'id' | 'log'>;

export function findingOf(log: string, told: Told): Finding {
  const named = [log, told.kind, told.about, told.index ?? told.time].join('\n');
  return { id: toHex(sha256(utf8(named))).slice(0, 16), log, ...told };
}
