/**
 * What a dependency taint reaches: the statements that list the dependency within its window, what these built, and the
 * decisions that let it through.
 */
import type { DependencyTaint } from '../../entry/control/artifact-events.ts';
import { readPackageUrl } from '../../entry/predicate/package-url.ts';
import type { EntryQuery, LogReader, StoredEntry } from '../../log/log.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { LogEvidence } from '../facts/log-evidence.ts';
import { digestTerms } from '../policy/dependencies.ts';
import type { LogRevocation } from '../revocation/log-revocation.ts';
import { hasRun } from '../revocation/pending.ts';
import type { Standing } from '../revocation/standing.ts';
import type { KnownDecision } from './decision-ledger.ts';
import type { Reconsideration } from './reconsideration.ts';

/** Who ran what is tainted. */
export interface TaintedIdentity {
  /** Hex SHA-256 of the SPKI; undefined for an identity that a trusted CA vouches for. */
  readonly key: string | undefined;
  /** Of the trusted certificate; empty for a bare key, or one that nobody vouches for. */
  readonly names: readonly string[];
  readonly issuer: string | undefined;
  /** Of what the identity would log next. */
  readonly status: 'suspended-pending' | 'reinstated';
}

export interface TaintedSet {
  /** Provenance, SBOMs and pin sets, newest first. */
  readonly statements: readonly Evidence[];
  /** ALLOW decisions about what the builds among these made, newest first. */
  readonly promotions: readonly KnownDecision[];
  /** Signers of the builds and pin sets among the statements, each once. */
  readonly identities: readonly TaintedIdentity[];
  /** `before` of the next page; undefined on the last. */
  readonly next: number | undefined;
}

export interface TaintedSetSource {
  readonly reader: Pick<LogReader, 'find'>;
  readonly evidence: LogEvidence;
  readonly revocation: LogRevocation;
  readonly decisions: Reconsideration;
}

/**
 * One page of it. A taint that has no effect reaches nothing.
 * @param index of the control statement
 * @param page statements below `before`, at most `limit` that list the dependency
 * @throws LogError index_rebuilding
 */
export async function taintedSet(
  { reader, evidence, revocation, decisions }: TaintedSetSource,
  index: number,
  taint: DependencyTaint,
  page: { treeSize: number; before: number; limit: number },
): Promise<TaintedSet> {
  const { treeSize, limit } = page;
  const listing = new Map<number, StoredEntry>();
  for (const dependency of termsOf(taint)) {
    for (const entry of listed(reader, { dependency }, page)) listing.set(entry.index, entry);
  }
  const indexes = [...listing.keys()].sort((a, b) => b - a);
  const standing = await revocation.at(treeSize, { follows: [taint.namespace] });
  const found = await evidence.ofEntries(indexes.slice(0, limit));
  const statements = found.filter((one) =>
    standing.ofEvidence(one).some(({ code, by }) => code === 'DEPENDENCY_TAINTED' && by.includes(index)),
  );
  const built = statements.filter(({ claim }) => claim?.kind === 'provenance').flatMap(({ subjects }) => subjects);
  const digests = new Set(built.flatMap((subject) => digestTerms(subject.digests)));
  const promotions = digests.size === 0 ? [] : await decisions.allowing(digests, treeSize);
  const identities = identitiesOf(statements, standing, index, treeSize);
  return { statements, promotions, identities, next: indexes.length > limit ? indexes[limit - 1] : undefined };
}

/** A signer's status is that of an entry which he would log at the tree's end. */
function identitiesOf(
  statements: readonly Evidence[],
  standing: Standing,
  taint: number,
  treeSize: number,
): TaintedIdentity[] {
  const known = new Map<string, TaintedIdentity>();
  for (const ran of statements.filter(hasRun)) {
    for (const credential of ran.credentials) {
      const { chain, issuer } = credential;
      const isNamed = chain === 'trusted' && credential.names.length > 0;
      const names = isNamed ? credential.names : [];
      const name = isNamed ? `${issuer} ${names.join()}` : credential.key;
      const next = { ...ran, index: treeSize, credentials: [credential], claim: undefined };
      const isPending = standing.ofPipeline(next, [ran]).some(({ by }) => by.includes(taint));
      const status = isPending ? 'suspended-pending' : 'reinstated';
      if (known.get(name)?.status === 'suspended-pending') continue;
      known.set(name, {
        key: isNamed ? undefined : credential.key,
        names,
        issuer: isNamed ? issuer : undefined,
        status,
      });
    }
  }
  return [...known.values()];
}

/** What the index finds statements by that list the dependency. */
function termsOf({ target }: DependencyTaint): string[] {
  if (target.digests !== undefined) return digestTerms(new Map(Object.entries(target.digests)));
  return [readPackageUrl(target.package)?.package ?? target.package];
}

/** One more than a page, to know whether there is another. */
function listed(
  reader: Pick<LogReader, 'find'>,
  query: EntryQuery,
  { treeSize, before, limit }: { treeSize: number; before: number; limit: number },
): StoredEntry[] {
  const found: StoredEntry[] = [];
  for (let from: number | undefined = Math.min(before, treeSize); from !== undefined && found.length <= limit; ) {
    const page = reader.find(query, { limit: limit + 1 - found.length, treeSize, before: from });
    found.push(...page.entries);
    from = page.next?.before;
  }
  return found;
}
