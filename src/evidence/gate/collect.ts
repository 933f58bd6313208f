/** Gathers what a policy looks at, for one artifact, as of one tree size: no more than its rules need. */
import type { LookupTerm } from '../../entry/leaf/lookup.ts';
import type { Digests } from '../../entry/predicate/claim.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { EvidenceSource } from '../facts/evidence-source.ts';
import type { Phase } from '../policy/decision.ts';
import { dependenciesOf, digestTerms } from '../policy/dependencies.ts';
import type { PolicyDocument } from '../policy/document/policy.ts';
import type { Activity, Judged, PolicyInput } from '../policy/policy-input.ts';
import type { Ruling, Standing } from '../revocation/standing.ts';
import { artifactEvidence } from './artifact-evidence.ts';
import { findOrNewest } from './look-up.ts';
import { packagesOf } from './package-names.ts';

export interface Question {
  readonly artifact: { readonly name: string | undefined; readonly digests: Digests };
  readonly phase: Phase;
  /** POSIX seconds of the asker's own clock: it says how stale the log's head is. */
  readonly now: number;
}

/** Dependencies that are looked up; entries about one of them; and earlier entries of a package, repository or signer. */
const LIMITS = { dependencies: 256, aboutDependency: 32, earlier: 1000 };

/** @throws LogError index_rebuilding */
export async function collectInput(
  source: EvidenceSource,
  standing: Standing,
  policy: PolicyDocument,
  { artifact, phase, now }: Question,
): Promise<PolicyInput> {
  const { require } = policy;
  const found = await artifactEvidence(source, artifact.digests);
  let { complete } = found;
  const heeded = namespacesOf(policy);
  const judge = (evidence: Evidence): Judged => ({ evidence, rulings: standing.ofEvidence(evidence) });
  const look = async (term: LookupTerm, limit: number): Promise<readonly Evidence[]> => {
    const { evidence, all } = await findOrNewest(source, term, limit);
    complete &&= all;
    return evidence;
  };
  const about = found.about.map(judge);
  const inForce = about.filter(({ rulings }) => rulings.length === 0).map(({ evidence }) => evidence);

  const dependencies = new Map<string, readonly Judged[]>();
  const taints = new Map<string, readonly Ruling[]>();
  const named = require.dependencies === undefined ? [] : dependenciesOf(policy, inForce);
  complete &&= named.length <= LIMITS.dependencies;
  for (const { digests, uri } of named.slice(0, LIMITS.dependencies)) {
    const rulings = standing.ofArtifact(digests, uri?.startsWith('pkg:') ? [uri] : []);
    for (const term of digestTerms(digests)) {
      if (rulings.length > 0) taints.set(term, rulings);
      if (require.dependencies?.attested === undefined || dependencies.has(term)) continue;
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
      for (const one of await look({ kind: 'repository', value }, LIMITS.earlier)) {
        if (one.claim?.kind === 'tag') tags.set(one.index, one);
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
    source: new Map([...found.source].map(([commit, evidence]) => [commit, evidence.map(judge)])),
    dependencies,
    taints,
    history: oldestFirst(history)
      .filter(({ index }) => !own.has(index))
      .map(judge),
    tags: oldestFirst(tags).map(judge),
    activity: require.rate === undefined ? new Map() : await activityOf(source, inForce),
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
 * When each identity that signed something here signed anything at all, the newest times. Anyone can put a name into a
 * certificate, so only what a trusted one names is its holder's; a bare key stands for itself.
 */
async function activityOf(source: EvidenceSource, evidence: readonly Evidence[]): Promise<Map<string, Activity[]>> {
  const activity = new Map<string, Activity[]>();
  for (const { chain, names, key } of evidence.flatMap(({ credentials }) => credentials)) {
    const isNamed = chain === 'trusted' && names.length > 0;
    for (const value of isNamed ? names : [key]) {
      if (activity.has(value)) continue;
      const entries = await source.newest({ kind: isNamed ? 'identity' : 'signer', value }, LIMITS.earlier);
      const own = entries.filter(({ credentials }) =>
        credentials.some((one) => (isNamed ? one.chain === 'trusted' && one.names.includes(value) : one.key === value)),
      );
      activity.set(
        value,
        own.map(({ index, loggedAt }) => ({ index, loggedAt })),
      );
    }
  }
  return activity;
}
