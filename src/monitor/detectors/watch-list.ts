/** Entries that concern whoever watches: his identities, keys, artifacts and repositories. Each by itself, no memory. */
import type { Credential, Evidence } from '../../evidence/facts/evidence.ts';
import { matches, matchesAny } from '../../evidence/policy/document/pattern.ts';
import type { Detector } from '../detector.ts';
import type { FindingKind, Told } from '../finding.ts';
import type { MonitorRules, WatchedIdentity } from '../rules.ts';

export function watchList({ watch }: MonitorRules): Detector {
  const { identities = [], keys = [], subjects = [], repositories = [], builders = [], predicateTypes = [] } = watch;
  const keySet = new Set(keys);
  const subjectSet = new Set(subjects);
  return {
    name: 'watch',
    state: () => null,
    observe(evidence) {
      const { index, loggedAt: time, credentials, claim, predicateType } = evidence;
      const tell = (kind: FindingKind, about: string, message: string): Told => ({ kind, index, time, about, message });
      const told: Told[] = [];
      for (const credential of credentials) {
        if (keySet.has(credential.key)) told.push(tell('key-used', credential.key, `the key ${credential.key} signed`));
        for (const identity of identities) {
          if (!isMeant(identity, credential)) continue;
          const name = credential.names[0] ?? '';
          const proved = credential.chain === 'trusted' ? '' : ' (its certificate is of a CA that was not checked)';
          if (identity.workflows === undefined) told.push(tell('identity-used', name, `${name} signed${proved}`));
          else if (!runsIn(identity.workflows, credential)) {
            const where = credential.facts.buildSignerURI ?? name;
            told.push(tell('identity-outside-workflow', name, `${name} signed in ${where}${proved}`));
          }
        }
      }
      for (const digest of digestsOf(evidence)) {
        if (subjectSet.has(digest)) told.push(tell('subject-named', digest, `a statement about ${digest}`));
      }
      const repository = repositoryOf(evidence);
      if (repository !== undefined && matchesAny(repositories, repository)) {
        told.push(tell('repository-named', repository, `an entry about ${repository}`));
      }
      const builder = claim?.kind === 'provenance' ? claim.builder : undefined;
      if (builder !== undefined && matchesAny(builders, builder)) {
        told.push(tell('builder-named', builder, `a build by ${builder}`));
      }
      if (predicateType !== undefined && matchesAny(predicateTypes, predicateType)) {
        told.push(tell('predicate-logged', predicateType, `a statement of type ${predicateType}`));
      }
      return told;
    },
  };
}

function isMeant({ san, issuer, facts = {} }: WatchedIdentity, credential: Credential): boolean {
  if (credential.kind !== 'certificate') return false;
  if (san !== undefined && !credential.names.some((name) => matches(san, name))) return false;
  if (issuer !== undefined && credential.issuer !== issuer) return false;
  const stated = credential.facts as Readonly<Record<string, string | undefined>>;
  return Object.entries(facts).every(([name, wanted]) => stated[name] !== undefined && matches(wanted, stated[name]));
}

function runsIn(workflows: readonly string[], { names, facts }: Credential): boolean {
  const signer = facts.buildSignerURI;
  return names.some((name) => matchesAny(workflows, name)) && (signer === undefined || matchesAny(workflows, signer));
}

export function repositoryOf({ claim, credentials }: Evidence): string | undefined {
  const certified = credentials.map(({ facts }) => facts.sourceRepositoryURI).find((uri) => uri !== undefined);
  if (certified !== undefined) return certified;
  return claim !== undefined && 'repository' in claim ? claim.repository : undefined;
}

export function digestsOf({ subjects }: Evidence): string[] {
  return subjects.flatMap(({ digests }) => [...digests].map((pair) => pair.join(':')));
}
