/** What a builder made is not trusted: all of it, some versions, some build types, some stretch of the log. */
import { closed, fault, text } from './closed-value.ts';
import {
  AT,
  type Common,
  type ControlPredicate,
  index,
  named,
  namespace,
  requireNamed,
  seconds,
} from './control-predicate.ts';

/** Entries [from, to], to the end of the log where `to` is undefined. */
export interface IndexWindow {
  readonly from: number;
  readonly to: number | undefined;
}

export interface BuilderRevoke extends Common {
  readonly event: 'builder-revoke';
  readonly namespace: string;
  /** Builder id. Without `@`, that of every version of the builder. */
  readonly builder: string;
  /** Semantic versions `from` (inclusive) to `below` (exclusive) of what follows `@` in the builder's id. */
  readonly versions: { readonly from: string | undefined; readonly below: string | undefined } | undefined;
  readonly buildType: string | undefined;
  readonly indexes: IndexWindow | undefined;
  readonly reason: string;
}

const windowBody = closed({ from: index }, { to: index });

export function indexWindow(value: unknown, at: string): IndexWindow {
  const read = windowBody(value, at);
  if (read.to !== undefined && read.to < read.from) throw fault(`${at}/to`, 'it must not be below from');
  return read;
}

const versionRange = closed({}, { from: text(64), below: text(64) });
const body = closed(
  { namespace, issued: seconds, builder: text(), reason: text() },
  { versions, buildType: text(), indexes: indexWindow },
);

export const builderRevoke: ControlPredicate<BuilderRevoke> = {
  read(predicate, subjects) {
    const read = body(predicate, AT);
    requireNamed(subjects, read.builder);
    return { event: 'builder-revoke', ...read };
  },
  write: ({ event: _, versions, indexes, ...rest }) => ({
    subjects: named(rest.builder, rest.builder),
    predicate: { ...rest, versions: versions && { ...versions }, indexes: indexes && { ...indexes } },
  }),
};

function versions(value: unknown, at: string) {
  const read = versionRange(value, at);
  if (read.from === undefined && read.below === undefined) throw fault(at, 'it must have from or below');
  for (const name of ['from', 'below'] as const) {
    if (read[name] !== undefined && parseVersion(read[name]) === undefined) {
      throw fault(`${at}/${name}`, 'it must be a version: 1, 1.2 or 1.2.3');
    }
  }
  return read;
}

/**
 * Numbers of a version: `v1.2.3`, `1.2`, `refs/tags/v2`. What follows `-` or `+` is not compared, so a pre-release
 * falls under what its release falls under.
 * @returns undefined for what has no numbers, such as a branch or a commit
 */
export function parseVersion(text: string): readonly number[] | undefined {
  const match = /^(?:refs\/tags\/)?v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:[-+].*)?$/.exec(text);
  return match?.slice(1).map((part) => Number(part ?? 0));
}
