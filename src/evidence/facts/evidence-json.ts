/** Evidence and claims as JSON: maps as objects, and what a claim lists at length as a count. */
import type { Claim, Digests } from '../../entry/predicate/claim.ts';
import type { Evidence } from './evidence.ts';

export type EvidenceJson = Omit<Evidence, 'subjects' | 'claim'> & {
  readonly subjects: readonly {
    readonly name?: string | undefined;
    readonly digest: Readonly<Record<string, string>>;
  }[];
  readonly claim?: Readonly<Record<string, unknown>> | undefined;
};

/** Subjects that are shown: the rest is in the payload. */
const MAX_SUBJECTS = 100;

export function evidenceJson({ subjects, claim, ...rest }: Evidence): EvidenceJson {
  return {
    ...rest,
    subjects: subjects.slice(0, MAX_SUBJECTS).map(({ name, digests }) => ({ name, digest: digestsJson(digests) })),
    claim: claim && claimJson(claim),
  };
}

export function digestsJson(digests: Digests): Record<string, string> {
  return Object.fromEntries(digests);
}

/** `dependencies`, `components` and `pins` become their number; the payload has them. */
function claimJson(claim: Claim): Record<string, unknown> {
  switch (claim.kind) {
    case 'provenance':
      return { ...claim, dependencies: claim.dependencies.length };
    case 'sbom':
      return { ...claim, components: claim.components.length };
    case 'pin-set':
      return { ...claim, pins: claim.pins.length };
    case 'test-result':
      return {
        ...claim,
        configurations: claim.configurations.map(({ uri, name, digests }) => ({
          uri,
          name,
          digest: digestsJson(digests),
        })),
      };
    case 'source':
    case 'tag':
      return {
        ...claim,
        controls: Object.fromEntries([...claim.controls].map(([name, since]) => [name, since ?? null])),
      };
    default:
      return { ...claim };
  }
}
