/** What revocation makes of evidence: the rules of docs/revocation.md over what is in force. */

import type { DependencyTaint } from '../../entry/control/artifact-events.ts';
import type { BuilderRevoke } from '../../entry/control/builder-revoke.ts';
import { parseVersion } from '../../entry/control/builder-revoke.ts';
import type { Dependency, Digests, ProvenanceClaim } from '../../entry/predicate/claim.ts';
import { readPackageUrl } from '../../entry/predicate/package-url.ts';
import type { Credential, Evidence } from '../facts/evidence.ts';
import { fitsAny, isPackage, namesOf, packageOf } from './coverage.ts';
import type { InForce } from './in-force.ts';
import { hasRun, isPending } from './pending.ts';
import { builderOf } from './revocation-state.ts';
import type { InEffect } from './ruled.ts';
import type { GrantedException, Ruling, Standing } from './standing.ts';
import { isWithin, withdrawalsOf } from './withdrawn.ts';

/** The feed whose events made the state. */
export interface FeedHead {
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

export interface StandingOptions {
  /** Namespaces whose taints of scope `policy` bind this verifier. */
  readonly follows?: readonly string[];
}

export class StandingAt implements Standing {
  readonly feedSize: number;
  readonly feedRoot: string;
  readonly #inForce: InForce;
  readonly #follows: ReadonlySet<string>;

  /** @param inForce of exactly the events of `feed` */
  constructor(inForce: InForce, feed: FeedHead, { follows = [] }: StandingOptions = {}) {
    this.#inForce = inForce;
    this.#follows = new Set(follows);
    this.feedSize = feed.size;
    this.feedRoot = feed.root;
  }

  ofEvidence(evidence: Evidence): readonly Ruling[] {
    const names = namesOf(evidence);
    const covers = memo((namespace) => this.#covers(namespace, names, evidence));
    const rulings = [
      ...evidence.credentials.flatMap((credential) => [
        ...this.#ofKey(credential, evidence, covers),
        ...this.#ofIdentity(credential, evidence, covers),
      ]),
      ...this.#unauthorized(evidence, names),
      ...withdrawalsOf(this.#inForce, evidence, covers).map(({ record, event }) =>
        ruling('WITHDRAWN', record.index, event.reason, event.namespace),
      ),
      ...this.#ofPackages(names.filter(isPackageUrl)),
    ];
    const { claim } = evidence;
    if (claim?.kind === 'provenance') rulings.push(...this.#ofBuilder(claim, evidence, covers));
    for (const dependency of dependenciesOf(evidence)) rulings.push(...this.#tainted(dependency, evidence, covers));
    return distinct(rulings);
  }

  ofArtifact(digests: Digests, packages: readonly string[] = []): readonly Ruling[] {
    const keys = [...digests].map(([algorithm, digest]) => `${algorithm}:${digest}`);
    const rulings = keys.flatMap((key) => [
      ...this.#held(key, () => true),
      ...this.#inForce.taints.get(key).flatMap((taint) => this.#taintItself(taint)),
      ...this.#superseded(key, () => true),
    ]);
    return distinct([
      ...rulings,
      ...this.#ofPackages(packages),
      ...packages.flatMap((one) => this.#taintedPackage(one)),
    ]);
  }

  taints(): { readonly terms: readonly string[]; readonly since: number } {
    const binds = ({ event }: InEffect<DependencyTaint>) =>
      event.scope === 'namespace' || this.#follows.has(event.namespace);
    const binding = [...this.#inForce.taints.entries()].filter(([, taints]) => taints.some(binds));
    const starts = binding.flatMap(([, taints]) => taints.filter(binds).map(({ record }) => record.batchStart));
    return {
      terms: binding.map(([key]) => readPackageUrl(key)?.package ?? key),
      since: Math.min(Number.POSITIVE_INFINITY, ...starts),
    };
  }

  ofPipeline(evidence: Evidence, others: readonly Evidence[]): readonly Ruling[] {
    const rulings = others.filter(hasRun).flatMap((ran) => {
      const names = namesOf(ran);
      const covers = memo((namespace) => this.#covers(namespace, names, ran));
      return dependenciesOf(ran)
        .flatMap((dependency) => this.#taintsOf(dependency, ran, covers))
        .filter((taint) => isPending(this.#inForce, taint, evidence, ran))
        .map(({ record, event }) => ruling('IDENTITY_PENDING', record.index, event.reason, event.namespace));
    });
    return distinct(rulings);
  }

  exceptions(namespace: string, time: number): readonly GrantedException[] {
    const granted = this.#inForce.exceptions.get(namespace);
    return granted
      .filter((one) => time < one.event.until && this.#inForce.holdsStill(one))
      .map((one) => {
        const { rule, subject, until, reason } = one.event;
        return { index: one.record.index, rule, subject, until, reason, approvers: this.#inForce.approvers(one) };
      });
  }

  /** The namespace's policy; undefined where it set none. */
  policy(namespace: string): { readonly index: number; readonly sha256: string } | undefined {
    const newest = this.#inForce.policies.get(namespace).findLast((one) => this.#inForce.holdsStill(one));
    return newest && { index: newest.record.index, sha256: newest.event.policy };
  }

  /** By its names, or by a key or identity of its own: authorised once, or in authority once. */
  #covers(namespace: string, names: readonly string[], { credentials }: Evidence): boolean {
    const patterns = this.#inForce.mandates.get(namespace).flatMap(({ covers }) => covers);
    if (fitsAny(patterns, names)) return true;
    return credentials.some(
      (credential) =>
        this.#inForce.wasPrincipal(namespace, credential) ||
        this.#inForce.authorizations.get(credential.key).some(({ event }) => event.namespace === namespace),
    );
  }

  #ofKey({ key }: Credential, { index }: Evidence, covers: Covers): Ruling[] {
    return this.#inForce.revokedKeys
      .get(key)
      .filter(({ namespace, validBelow }) => index >= validBelow && (namespace === undefined || covers(namespace)))
      .map(({ record, namespace, reason }) => ruling('KEY_REVOKED', record.index, reason, namespace));
  }

  #ofIdentity(credential: Credential, { index }: Evidence, covers: Covers): Ruling[] {
    const suspension = this.#inForce.suspensionOf(credential, index, ({ event }) => covers(event.namespace));
    if (suspension === undefined) return [];
    const { record, event } = suspension;
    return [ruling('IDENTITY_SUSPENDED', record.index, event.reason, event.namespace)];
  }

  /** Once a namespace authorises keys, a bare key that it did not authorise says nothing about what it covers. */
  #unauthorized(evidence: Evidence, names: readonly string[]): Ruling[] {
    const rulings: Ruling[] = [];
    for (const [namespace, first] of this.#inForce.firstAuthorization) {
      const patterns = this.#inForce.mandates.get(namespace).flatMap(({ covers }) => covers);
      const byName = fitsAny(patterns, names);
      const scoped = evidence.claim?.kind === 'provenance' ? [...names, evidence.claim.builder ?? ''] : names;
      for (const credential of evidence.credentials) {
        if (credential.chain === 'trusted') continue;
        const given = this.#inForce.authorizations
          .get(credential.key)
          .filter(({ event }) => event.namespace === namespace);
        if (given.length === 0 && !byName) continue;
        const isAuthorized = given.some((one) => {
          const { scopes, notAfter } = one.event;
          const inTime = evidence.index > one.record.index && (notAfter === undefined || evidence.loggedAt <= notAfter);
          const inScope = scopes.length === 0 || scoped.length === 0 || fitsAny(scopes, scoped);
          return inTime && inScope && this.#inForce.holdsStill(one);
        });
        const by = given.length > 0 ? given.map(({ record }) => record.index) : [first.record.index];
        if (!isAuthorized) rulings.push({ code: 'KEY_NOT_AUTHORIZED', by, reason: undefined, namespace });
      }
    }
    return rulings;
  }

  #ofBuilder(claim: ProvenanceClaim, { index }: Evidence, covers: Covers): Ruling[] {
    if (claim.builder === undefined) return [];
    return this.#inForce.builders
      .get(builderOf(claim.builder))
      .filter(({ event }) => covers(event.namespace) && isRevokedBuild(event, claim) && isWithin(index, event.indexes))
      .map(({ record, event }) => ruling('BUILDER_REVOKED', record.index, event.reason, event.namespace));
  }

  #tainted(dependency: Dependency, evidence: Evidence, covers: Covers): Ruling[] {
    return this.#taintsOf(dependency, evidence, covers).map(({ record, event }) =>
      ruling('DEPENDENCY_TAINTED', record.index, event.reason, event.namespace),
    );
  }

  #taintsOf(dependency: Dependency, evidence: Evidence, covers: Covers): InEffect<DependencyTaint>[] {
    const keys = [...dependency.digests].map(([algorithm, digest]) => `${algorithm}:${digest}`);
    const byDigest = keys.flatMap((key) => this.#inForce.taints.get(key));
    const named = [dependency.uri, dependency.name].filter((name) => name !== undefined && isPackageUrl(name));
    const byName = named.flatMap((name) =>
      this.#inForce.taints
        .get(packageOf(name!))
        .filter(({ event: { target } }) => target.package !== undefined && isPackage(target.package, name!)),
    );
    return [...byDigest, ...byName].filter(({ event }) => isInWindow(event, evidence) && this.#reaches(event, covers));
  }

  /** A consumer's word reaches what is his, and with scope `policy` all that is judged under his policy. */
  #reaches({ scope, namespace }: DependencyTaint, covers: Covers): boolean {
    return this.#follows.has(namespace) || (scope === 'namespace' && covers(namespace));
  }

  #taintItself({ record, event }: InEffect<DependencyTaint>): Ruling[] {
    if (event.scope === 'policy' && !this.#follows.has(event.namespace)) return [];
    return [ruling('DEPENDENCY_TAINTED', record.index, event.reason, event.namespace)];
  }

  #taintedPackage(name: string): Ruling[] {
    return this.#inForce.taints
      .get(packageOf(name))
      .filter(({ event: { target } }) => target.package !== undefined && isPackage(target.package, name))
      .flatMap((taint) => this.#taintItself(taint));
  }

  #ofPackages(packages: readonly string[]): Ruling[] {
    return packages.flatMap((name) => {
      const isMeant = (target: string | undefined) => target !== undefined && isPackage(target, name);
      return [...this.#held(packageOf(name), isMeant), ...this.#superseded(packageOf(name), isMeant)];
    });
  }

  #held(key: string, isMeant: (target: string | undefined) => boolean): Ruling[] {
    return this.#inForce.holds
      .get(key)
      .filter((hold) => isMeant(hold.event.target.package) && !this.#inForce.isCleared(hold))
      .map(({ event, record }) => {
        const code = event.event === 'artifact-revoke' ? 'ARTIFACT_REVOKED' : 'ARTIFACT_QUARANTINED';
        return ruling(code, record.index, event.reason, event.namespace);
      });
  }

  #superseded(key: string, isMeant: (target: string | undefined) => boolean): Ruling[] {
    return this.#inForce.superseded
      .get(key)
      .filter((one) => isMeant(one.event.target.package) && this.#inForce.holdsStill(one))
      .map(({ event, record }) => ruling('SUPERSEDED', record.index, event.reason, event.namespace));
  }
}

type Covers = (namespace: string) => boolean;

function ruling(
  code: Ruling['code'],
  index: number,
  reason: string | undefined,
  namespace: string | undefined,
): Ruling {
  return { code, by: [index], reason, namespace };
}

/** Of two signatures of one key the same comes twice. */
function distinct(rulings: readonly Ruling[]): Ruling[] {
  const seen = new Map(rulings.map((one) => [`${one.code} ${one.by.join()}`, one]));
  return [...seen.values()];
}

function memo(compute: Covers): Covers {
  const known = new Map<string, boolean>();
  return (namespace) => {
    const value = known.get(namespace) ?? compute(namespace);
    known.set(namespace, value);
    return value;
  };
}

function isPackageUrl(name: string): boolean {
  return name.startsWith('pkg:');
}

/** A build whose version cannot be read falls under every range of them. */
function isRevokedBuild({ builder, versions, buildType }: BuilderRevoke, claim: ProvenanceClaim): boolean {
  const id = claim.builder!;
  if (builder !== builderOf(builder) && builder !== id) return false;
  if (buildType !== undefined && buildType !== claim.buildType) return false;
  if (versions === undefined) return true;
  const version = parseVersion(id.slice(builderOf(id).length + 1));
  if (version === undefined) return true;
  const { from, below } = versions;
  const atLeast = from === undefined || compareVersions(version, parseVersion(from)!) >= 0;
  return atLeast && (below === undefined || compareVersions(version, parseVersion(below)!) < 0);
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/**
 * A build lies between the start that it claims and its logging; it is tainted where that meets the window. One that
 * claims no start may have begun at any time before.
 */
function isInWindow({ window }: DependencyTaint, { loggedAt, claim }: Evidence): boolean {
  if (window === undefined) return true;
  const started = claim?.kind === 'provenance' ? claim.startedOn : undefined;
  return loggedAt >= window.from && (window.to === undefined || (started ?? 0) <= window.to);
}

function dependenciesOf({ claim }: Evidence): readonly Dependency[] {
  switch (claim?.kind) {
    case 'provenance':
      return claim.dependencies;
    case 'sbom':
      return claim.components;
    case 'pin-set':
      return claim.pins;
    case 'test-result':
      return claim.configurations;
    default:
      return [];
  }
}
