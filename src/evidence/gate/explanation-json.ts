/** What is known about an artifact as JSON: the same for the HTTP interface and the command line. */
import type { Evidence } from '../facts/evidence.ts';
import { digestsJson, type EvidenceJson, evidenceJson } from '../facts/evidence-json.ts';
import type { EvidenceSource } from '../facts/evidence-source.ts';
import type { ArtifactEvidence } from './artifact-evidence.ts';
import type { Explanation } from './explain.ts';
import type { ListedDependency } from './explain-dependencies.ts';

export interface ArtifactJson {
  readonly origin: string;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly time: number;
  readonly digest: Readonly<Record<string, string>>;
  readonly complete: boolean;
  readonly explanation: ExplanationJson;
  readonly evidence: readonly EvidenceJson[];
  readonly sourceEvidence: Readonly<Record<string, readonly EvidenceJson[]>>;
}

type ExplanationJson = Omit<Explanation, 'dependencies'> & {
  readonly dependencies: Omit<Explanation['dependencies'], 'items'> & { readonly items: readonly DependencyJson[] };
};

type DependencyJson = Omit<ListedDependency, 'digests'> & { readonly digest: Readonly<Record<string, string>> };

export function artifactJson(
  { origin, treeSize, rootHash, time }: EvidenceSource,
  { digests, about, source, complete }: ArtifactEvidence,
  explanation: Explanation,
): ArtifactJson {
  const listed = (evidence: readonly Evidence[]): EvidenceJson[] => evidence.map(evidenceJson);
  return {
    origin,
    treeSize,
    rootHash,
    time,
    digest: digestsJson(digests),
    complete,
    explanation: explanationJson(explanation),
    evidence: listed(about),
    sourceEvidence: Object.fromEntries([...source].map(([commit, evidence]) => [commit, listed(evidence)])),
  };
}

function explanationJson({ dependencies, ...rest }: Explanation): ExplanationJson {
  const items = dependencies.items.map(({ digests, ...item }) => ({ ...item, digest: digestsJson(digests) }));
  return { ...rest, dependencies: { ...dependencies, items } };
}
