/**
 * `countersign policy init`: a first policy for a package, made from what the log holds of its releases, and tried on
 * each of them. As with `gate`, every entry is proved to be in the log.
 */
import { replicateRevocations } from '../client/revocations.ts';
import { LogError } from '../core/errors.ts';
import type { EvidenceSource } from '../evidence/facts/evidence-source.ts';
import { namespacesOf } from '../evidence/gate/collect.ts';
import { decide } from '../evidence/gate/decide.ts';
import { type Artifact, artifactsOf, historyOf, releaseTerm } from '../evidence/gate/releases.ts';
import { standing as inForce, isAbout } from '../evidence/policy/evidence-in-force.ts';
import { policyFromHistory } from '../evidence/policy/from-history.ts';
import { type Policy, readPolicy } from '../evidence/policy/policy.ts';
import type { Standing } from '../evidence/revocation/standing.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { createFile } from './files.ts';
import { type Output, printable, remark, writeResult } from './output.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { remoteEvidence } from './remote-evidence.ts';
import { readAuthorityFile, standingOf } from './verified-standing.ts';

export interface PolicyInitOptions extends RemoteOptions {
  /** Package URL, or URL of a repository. */
  package: string;
  /** Of the policy; without it, that of the package without what kind of package it is. */
  name?: string;
  out?: string;
  authority?: string[];
}

/** Releases that a policy is made from: the newest. */
const MOST = 100;

export async function runPolicyInit(options: PolicyInitOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const term = releaseTerm(options.package);
  const name = options.name ?? policyName(term.value);
  const authorities = await Promise.all((options.authority ?? []).map(readAuthorityFile));
  const client = await connect(options, io);
  const source = await remoteEvidence(client, { signal: io.signal });
  const { feed } = await replicateRevocations(client, undefined, { signal: io.signal });
  const standing = standingOf(feed, authorities, { follows: namespacesOf({ policy: name }) });
  const { artifacts, complete } = await artifactsOf(source, [term], MOST);
  const history = await historyOf(source, standing, artifacts);
  const sound = inForce(history, source.treeSize);
  const releases = artifacts.filter(({ digests }) => sound.some((one) => isAbout(one, digests)));
  if (releases.length === 0) throw nothingFor(term.value, source, artifacts.length);
  const { text, remarks: missing } = policyFromHistory(name, history);
  const refused = await refusedOf(await readPolicy(text), releases, source, standing);
  const remarks = [
    ...missing,
    ...(complete ? [] : [`there are more releases: the policy is made from the newest ${MOST}`]),
    ...(releases.length < artifacts.length ? ['releases that were taken back are left out'] : []),
    ...(refused.length === 0 ? [] : [`it refuses ${refused.length} of these releases, ${refused[0]} for one`]),
  ];
  if (options.out !== undefined) await createFile(options.out, text);
  const { origin, treeSize, rootHash } = source;
  const counts = { releases: releases.length, allowed: releases.length - refused.length };
  writeResult(
    output,
    { policy: text, package: term.value, ...counts, origin, treeSize, rootHash, remarks },
    options.out === undefined
      ? text.trimEnd()
      : printable(`${options.out}: allows ${counts.allowed} of ${counts.releases} releases that ${origin} knows`),
  );
  if (output.format === 'text') for (const one of remarks) remark(io, `Mind: ${printable(one)}.`);
  return EXIT.done;
}

/** Releases that the policy does not let through: it is tried, and not only meant to. */
async function refusedOf(
  policy: Policy,
  releases: readonly Artifact[],
  source: EvidenceSource,
  standing: Standing,
): Promise<string[]> {
  const refused: string[] = [];
  for (const { digests } of releases) {
    const artifact = { name: undefined, digests };
    const { decision } = await decide(source, standing, policy, { artifact, phase: 'deploy', now: source.time });
    if (decision !== 'ALLOW') refused.push([...digests][0]!.join(':'));
  }
  return refused;
}

function nothingFor(name: string, { origin, treeSize }: EvidenceSource, taken: number): LogError {
  const why = taken === 0 ? 'no build and no release' : 'nothing that still stands';
  const hint = 'log its provenance first (countersign add), or write the policy by hand: docs/policy.md';
  return new LogError('not_logged', `${origin} knows ${why} of ${name} among ${treeSize} entries; ${hint}`);
}

/** `pkg:npm/%40acme/api` and `https://github.com/acme/api` are both `acme/api`. */
function policyName(value: string): string {
  const path = value.startsWith('pkg:') ? value.slice(value.indexOf('/') + 1) : new URL(value).pathname.slice(1);
  const name = path.replaceAll('%40', '').replaceAll(/[^A-Za-z0-9._/-]/g, '-');
  return name.replace(/^[^A-Za-z0-9]+/, '').slice(0, 128) || 'package';
}
