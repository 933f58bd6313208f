/** Artifacts, or all versions of a package that a package URL names: held, revoked, cleared, superseded, tainted. */
import { closed, fault, list, oneOf, text } from './closed-value.ts';
import {
  AT,
  type Common,
  type ControlPredicate,
  namespace,
  seconds,
  type Target,
  targetOf,
  targetSubjects,
} from './control-predicate.ts';
import { reverses } from './identity-events.ts';
import { type DigestSet, digests, packageUrl } from './subject.ts';

export type Severity = 'low' | 'moderate' | 'high' | 'critical';

interface OnArtifact extends Common {
  readonly namespace: string;
  readonly target: Target;
}

interface Denial extends OnArtifact {
  readonly severity: Severity | undefined;
  /** GHSA, CVE or OSV identifiers, or URLs. */
  readonly advisories: readonly string[] | undefined;
  readonly reason: string;
}

/** On hold, until it is cleared or revoked. */
export interface ArtifactQuarantine extends Denial {
  readonly event: 'artifact-quarantine';
}

export interface ArtifactRevoke extends Denial {
  readonly event: 'artifact-revoke';
  /** What to use instead. */
  readonly replacement: DigestSet | undefined;
}

export interface ArtifactClear extends OnArtifact {
  readonly event: 'artifact-clear';
  /** Indexes of the quarantines and revocations that end. */
  readonly reverses: readonly number[];
  readonly reason: string;
}

/** A dependency that nothing may have been built with. */
export interface DependencyTaint extends OnArtifact {
  readonly event: 'dependency-taint';
  /** Log time in which a build that used it is tainted, POSIX seconds, both inclusive; undefined: always. */
  readonly window: { readonly from: number; readonly to: number | undefined } | undefined;
  /** `namespace`: builds that the namespace covers. `policy`: all, for verifiers whose policy follows the namespace. */
  readonly scope: 'namespace' | 'policy';
  readonly advisories: readonly string[] | undefined;
  readonly reason: string;
}

/** Another artifact is to be used instead. Refuses nothing. */
export interface Supersede extends OnArtifact {
  readonly event: 'supersede';
  readonly replacement: DigestSet;
  readonly reason: string;
}

const common = { namespace, issued: seconds, reason: text() };
const advisories = list(text(256), { least: 1, most: 32 });
const denial = {
  package: packageUrl,
  severity: oneOf<Severity>('low', 'moderate', 'high', 'critical'),
  advisories,
};
const quarantineBody = closed(common, denial);
const revokeBody = closed(common, { ...denial, replacement: digests });
const clearBody = closed({ ...common, reverses }, { package: packageUrl });
const windowBody = closed({ from: seconds }, { to: seconds });
const taintBody = closed(
  { ...common, scope: oneOf<DependencyTaint['scope']>('namespace', 'policy') },
  { package: packageUrl, window, advisories },
);
const supersedeBody = closed({ ...common, replacement: digests }, { package: packageUrl });

export const artifactQuarantine: ControlPredicate<ArtifactQuarantine> = {
  read(predicate, subjects) {
    const { package: name, ...read } = quarantineBody(predicate, AT);
    return { event: 'artifact-quarantine', target: targetOf(subjects, name), ...read };
  },
  write: ({ event: _, target, ...rest }) => ({
    subjects: targetSubjects(target),
    predicate: { ...rest, package: target.package },
  }),
};

export const artifactRevoke: ControlPredicate<ArtifactRevoke> = {
  read(predicate, subjects) {
    const { package: name, ...read } = revokeBody(predicate, AT);
    return { event: 'artifact-revoke', target: targetOf(subjects, name), ...read };
  },
  write: ({ event: _, target, ...rest }) => ({
    subjects: targetSubjects(target),
    predicate: { ...rest, package: target.package },
  }),
};

export const artifactClear: ControlPredicate<ArtifactClear> = {
  read(predicate, subjects) {
    const { package: name, ...read } = clearBody(predicate, AT);
    return { event: 'artifact-clear', target: targetOf(subjects, name), ...read };
  },
  write: ({ event: _, target, ...rest }) => ({
    subjects: targetSubjects(target),
    predicate: { ...rest, package: target.package },
  }),
};

export const dependencyTaint: ControlPredicate<DependencyTaint> = {
  read(predicate, subjects) {
    const { package: name, ...read } = taintBody(predicate, AT);
    return { event: 'dependency-taint', target: targetOf(subjects, name), ...read };
  },
  write: ({ event: _, target, window, ...rest }) => ({
    subjects: targetSubjects(target),
    predicate: { ...rest, package: target.package, window: window && { ...window } },
  }),
};

export const supersede: ControlPredicate<Supersede> = {
  read(predicate, subjects) {
    const { package: name, ...read } = supersedeBody(predicate, AT);
    return { event: 'supersede', target: targetOf(subjects, name), ...read };
  },
  write: ({ event: _, target, ...rest }) => ({
    subjects: targetSubjects(target),
    predicate: { ...rest, package: target.package },
  }),
};

function window(value: unknown, at: string) {
  const read = windowBody(value, at);
  if (read.to !== undefined && read.to < read.from) throw fault(`${at}/to`, 'it must not be before from');
  return read;
}
