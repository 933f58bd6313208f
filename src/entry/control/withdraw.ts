/** Statements are taken back: single ones, those of a build, an identity's over some time, those about a commit. */

import { type IndexWindow, indexWindow } from './builder-revoke.ts';
import { closed, fault, list, matching, objectOf, sha256Hex, text } from './closed-value.ts';
import {
  AT,
  type Common,
  type ControlPredicate,
  named,
  namespace,
  requireNamed,
  seconds,
} from './control-predicate.ts';
import { type Identity, identity } from './principal.ts';
import type { ControlSubject } from './subject.ts';

/** A logged entry, and the identities of its signing events (`leaf/event-id.ts`), by which it is judged. */
export interface WithdrawnLeaf {
  /** Hex. */
  readonly leafHash: string;
  /** Hex, one per signature that is withdrawn. */
  readonly events: readonly string[];
}

export type Selector =
  | { readonly by: 'leaves'; readonly leaves: readonly WithdrawnLeaf[] }
  | { readonly by: 'invocation'; readonly invocation: string }
  | { readonly by: 'identity'; readonly identity: Identity; readonly indexes: IndexWindow }
  /** Repository as a URI without what follows `@`. */
  | { readonly by: 'commit'; readonly repository: string; readonly commit: string };

export interface Withdraw extends Common {
  readonly event: 'withdraw';
  readonly selector: Selector;
  readonly reason: string;
}

const leaf = closed({ leafHash: sha256Hex, events: list(sha256Hex, { least: 1, most: 10 }) });
const selectors = {
  leaves: closed({ leaves: list(leaf, { least: 1, most: 128 }) }),
  invocation: closed({ invocation: text(2048) }),
  identity: closed({ identity, indexes: indexWindow }),
  commit: closed({
    repository: text(),
    commit: matching(/^([0-9a-f]{40}|[0-9a-f]{64})$/, '40 or 64 lower-case hexadecimal digits'),
  }),
} as const;

const body = closed({ issued: seconds, reason: text(), selector }, { namespace });

export const withdraw: ControlPredicate<Withdraw> = {
  read(predicate, subjects) {
    const read = body(predicate, AT);
    if (read.selector.by === 'leaves') requireLeaves(subjects, read.selector.leaves);
    else requireNamed(subjects, asJson(read.selector));
    return { event: 'withdraw', ...read };
  },
  write({ event: _, selector, ...rest }) {
    const subjects =
      selector.by === 'leaves'
        ? selector.leaves.map(({ leafHash }) => ({ name: undefined, digest: { sha256: leafHash } }))
        : named(asJson(selector));
    return { subjects, predicate: { ...rest, selector: asJson(selector) } };
  },
};

function selector(value: unknown, at: string): Selector {
  const members = objectOf(value, at);
  if (members.leaves !== undefined) return { by: 'leaves', ...selectors.leaves(value, at) };
  if (members.invocation !== undefined) return { by: 'invocation', ...selectors.invocation(value, at) };
  if (members.identity !== undefined) return { by: 'identity', ...selectors.identity(value, at) };
  if (members.commit !== undefined) return { by: 'commit', ...selectors.commit(value, at) };
  throw fault(at, 'it must have leaves, invocation, identity with indexes, or repository with commit');
}

function requireLeaves(subjects: readonly ControlSubject[], leaves: readonly WithdrawnLeaf[]): void {
  const same =
    subjects.length === leaves.length &&
    leaves.every(({ leafHash }, i) => {
      const { digest } = subjects[i]!;
      return digest.sha256 === leafHash && Object.keys(digest).length === 1;
    });
  if (!same) throw fault('/subject', 'it must be the leaf hashes that the predicate names, in their order');
}

function asJson(selector: Selector) {
  if (selector.by === 'leaves') return { leaves: selector.leaves.map((item) => ({ ...item })) };
  if (selector.by === 'invocation') return { invocation: selector.invocation };
  if (selector.by === 'commit') return { repository: selector.repository, commit: selector.commit };
  return { identity: { ...selector.identity }, indexes: { ...selector.indexes } };
}
