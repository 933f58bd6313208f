/** Gathers what a policy looks at, for one artifact, as of one tree size: no more than its rules need. */
import type { LookupTerm } from '../../entry/leaf/lookup.ts';
import type { Digests } from '../../entry/predicate/claim.ts';
import { TAG_PREDICATES } from '../../entry/predicate/read-claim.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { EvidenceSource, Narrowing } from '../facts/evidence-source.ts';
import type { Phase } from '../policy/decision.ts';
import { dependenciesOf, digestTerms } from '../policy/dependencies.ts';
import type { PolicyDocument } from '../policy/document/policy.ts';
import type { Activity, Judged, PolicyInput } from '../policy/policy-input.ts';
import type { Ruling, Standing } from '../revocation/standing.ts';
import { artifactEvidence, EVIDENCE_LIMITS } from './artifact-evidence.ts';
import { findOrNewest } from './look-up.ts';
import { packagesOf } from './package-names.ts';
import { pipelinesOf } from './pipelines.ts';

export interface Question {
  readonly artifact: { readonly name: string | undefined; readonly digests: Digests };
  readonly phase: Phase;
  /** POSIX seconds of the asker's own clock: it says how stale the log's head is. */
  readonly now: number;
}

/**
 * Dependencies that are looked up; entries about one of them; earlier entries of a package, repository or signer; and
 * entries about the artifact with the log's own decisions among them, which must not crowd out what they rest on.
 */
const LIMITS = { dependencies: 256, aboutDependency: 32, earlier: 1000, withOwn: 1000 };

/** @throws LogError index_rebuilding */
export async function collectInput(
  source: EvidenceSource,
  standing: Standing,
  policy: PolicyDocument,
  { artifact, phase, now }: Question,
): Promise<PolicyInput> {
  const { require } = policy;
  const found = await artifactEvidence(source, artifact.digests, { ...EVIDENCE_LIMITS, entries: LIMITS.withOwn });
  let { complete } = found;
  const heeded = namespacesOf(policy);
  const judge = (evidence: Evidence): Judged => ({ evidence, rulings: standing.ofEvidence(evidence) });
  const ofOthers = (evidence: readonly Evidence[]) => evidence.filter((one) => !isGateOf(source.origin, one));
  const newestOfOthers = (evidence: readonly Evidence[]) => {
    const others = ofOthers(evidence);
    complete &&= others.length <= EVIDENCE_LIMITS.entries;
    return others.slice(-EVIDENCE_LIMITS.entries);
  };
  const look = async (term: LookupTerm, limit: number, narrowing?: Narrowing): Promise<readonly Evidence[]> => {
    const { evidence, all } = await findOrNewest(source, term, limit, narrowing);
    complete &&= all;
    return ofOthers(evidence);
  };
  const about = newestOfOthers(found.about).map(judge);
  const revisions = new Map([...found.source].map(([commit, said]) => [commit, newestOfOthers(said).map(judge)]));
  const inForce = about.filter(({ rulings }) => rulings.length === 0).map(({ evidence }) => evidence);

  const dependencies = new Map<string, readonly Judged[]>();
  const taints = new Map<string, readonly Ruling[]>();
  // Evidence that lists a tainted dependency does not stand for that very reason, and is heard on it all the same.
  const listing = [...new Set([...about, ...[...revisions.values()].flat()])].filter(({ rulings }) =>
    rulings.every(({ code }) => code === 'DEPENDENCY_TAINTED'),
  );
  // A taint reaches what its namespace covers, in its window: of other builds the same dependency is as good as before.
  const reached = new Set(listing.flatMap(({ rulings }) => rulings.flatMap(({ by }) => by)));
  const named =
    require.dependencies === undefined
      ? []
      : dependenciesOf(
          policy,
          listing.map(({ evidence }) => evidence),
        );
  const needsEvidence = (require.dependencies?.attested ?? require.dependencies?.sourceLevel) !== undefined;
  complete &&= named.length <= LIMITS.dependencies;
  for (const { digests, uri } of named.slice(0, LIMITS.dependencies)) {
    const rulings = standing
      .ofArtifact(digests, uri?.startsWith('pkg:') ? [uri] : [])
      .filter(({ code, by }) => code !== 'DEPENDENCY_TAINTED' || by.some((index) => reached.has(index)));
    for (const term of digestTerms(digests)) {
      if (rulings.length > 0) taints.set(term, rulings);
      if (!needsEvidence || dependencies.has(term)) continue;
      dependencies.set(term, (await look({ kind: 'subject', value: term }, LIMITS.aboutDependency)).map(judge));
    }
    if (uri !== undefined && rulings.length > 0) taints.set(uri, rulings);
  }

  const history = new Map<number, Evidence>();
  // Also a rule that asks for provenance says whether earlier versions had some.
  for (const value of packagesOf(inForce)) {
    for (const one of await look({ kind: 'package', value }, LIMITS.earlier)) history.set(one.index, one);
  }
  const own = new Set(found.about.map(({ index }) => index));

  const tags = new Map<number, Evidence>();
  if (require.source?.tagImmutable !== undefined || require.source?.tagged !== undefined) {
    for (const value of repositoriesOf(inForce)) {
      // A busy repository has far more builds than tags.
      for (const predicateType of TAG_PREDICATES) {
        for (const one of await look({ kind: 'repository', value }, LIMITS.earlier, { predicateType })) {
          if (one.claim?.kind === 'tag') tags.set(one.index, one);
        }
      }
    }
  }

  const keys = new Set(inForce.flatMap(({ credentials }) => credentials.map(({ key }) => key)));
  const repositories = new Map<string, readonly string[]>();
  if (require.provenance?.keys?.maxRepositories !== undefined) {
    for (const key of keys) {
      repositories.set(key, repositoriesOf(await look({ kind: 'signer', value: key }, LIMITS.earlier)));
    }
  }

  return {
    phase,
    artifact,
    about,
    source: revisions,
    dependencies,
    taints,
    pipelines:
      require.dependencies?.tainted === undefined
        ? { rulings: new Map(), complete: true }
        : await pipelinesOf(source, standing, inForce),
    history: oldestFirst(history)
      .filter(({ index }) => !own.has(index))
      .map(judge),
    tags: oldestFirst(tags).map(judge),
    activity:
      require.rate === undefined ? new Map() : await activityOf(source, inForce, require.rate.perIdentity.number + 1),
    repositories,
    rulings: standing
      .ofArtifact(artifact.digests, artifact.name?.startsWith('pkg:') ? [artifact.name] : [])
      .filter(({ namespace }) => namespace === undefined || heeded.includes(namespace)),
    exceptions: heeded.flatMap((namespace) => standing.exceptions(namespace, source.time)),
    complete,
    log: {
      origin: source.origin,
      treeSize: source.treeSize,
      rootHash: source.rootHash,
      time: source.time,
      staleness: Math.max(0, now - source.time),
      feedSize: standing.feedSize,
      feedRoot: standing.feedRoot,
      witnesses: source.witnesses ?? [],
    },
  };
}

/**
 * Namespaces whose word binds a policy by its name: `acme/api@release` hears `acme/api` and `acme`. Nobody can tell
 * whose a bare digest is, so that any other namespace could stop everyone's artifacts.
 */
export function namespacesOf({ policy }: Pick<PolicyDocument, 'policy'>): string[] {
  const parts = policy.split('@')[0]!.split('/');
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('/'));
}

/**
 * True for what says of itself that this log's gate decided it. It is no evidence to the same gate: a policy that takes
 * anybody's signature would be satisfied by having been asked before.
 */
function isGateOf(origin: string, { claim }: Evidence): boolean {
  return claim?.kind === 'summary' && claim.gateOf === origin;
}

function oldestFirst(evidence: ReadonlyMap<number, Evidence>): Evidence[] {
  return [...evidence.values()].sort((a, b) => a.index - b.index);
}

function repositoriesOf(evidence: readonly Evidence[]): string[] {
  const stated = evidence.flatMap(({ claim }) =>
    claim !== undefined && 'repository' in claim && claim.repository !== undefined ? [claim.repository] : [],
  );
  return [...new Set(stated)];
}

/**
 * When each identity that signed something here signed anything at all, up to that entry: as many of the last times as a
 * rate can ask for. Anyone can put a name into a certificate, so only what a trusted one names is its holder's; a bare
 * key stands for itself.
 */
async function activityOf(
  source: EvidenceSource,
  evidence: readonly Evidence[],
  times: number,
): Promise<Map<string, Activity[]>> {
  const activity = new Map<string, Map<number, Activity>>();
  for (const { index: last, credentials } of evidence) {
    for (const { chain, names, key } of credentials) {
      const isNamed = chain === 'trusted' && names.length > 0;
      for (const value of isNamed ? names : [key]) {
        const isOwn = ({ credentials: others }: Evidence) =>
          others.some((one) => (isNamed ? one.chain === 'trusted' && one.names.includes(value) : one.key === value));
        const known = activity.get(value) ?? new Map<number, Activity>();
        const term = { kind: isNamed ? 'identity' : 'signer', value } as const;
        for (const { index, loggedAt } of await lastOf(source, term, last + 1, times, isOwn)) {
          known.set(index, { index, loggedAt });
        }
        activity.set(value, known);
      }
    }
  }
  return new Map([...activity].map(([value, known]) => [value, [...known.values()]]));
}

/** The last entries below an index that are the identity's own. Strangers who only claim its name push out none. */
async function lastOf(
  source: EvidenceSource,
  term: LookupTerm,
  end: number,
  times: number,
  isOwn: (evidence: Evidence) => boolean,
): Promise<Evidence[]> {
  const own: Evidence[] = [];
  let before = end;
  for (let looked = 0; own.length < times && looked < LIMITS.earlier; ) {
    const page = await source.newest(term, times, { before });
    own.push(...page.filter(isOwn));
    if (page.length < times) break;
    looked += page.length;
    before = page.at(-1)!.index;
  }
  return own;
}
