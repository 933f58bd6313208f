/**
 * `countersign report`: what a log shows for the controls of a framework. Everything is as of one tree size, and the
 * time is that of its first checkpoint, so that the same question gets the same report, hash and all, from anyone.
 */
import { replicateRevocations } from '../client/revocations.ts';
import { LogError } from '../core/errors.ts';
import type { EvidenceSource } from '../evidence/facts/evidence-source.ts';
import { namespacesOf } from '../evidence/gate/collect.ts';
import { decide } from '../evidence/gate/decide.ts';
import { frameworkReport } from '../evidence/gate/framework-report.ts';
import { frameworkReportText } from '../evidence/gate/framework-report-text.ts';
import { ALL_RELEASES, type Artifacts, artifactsOf, releaseTerm } from '../evidence/gate/releases.ts';
import type { Decision } from '../evidence/policy/decision.ts';
import { FRAMEWORKS } from '../evidence/policy/frameworks.ts';
import { readArtifact } from './artifact.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { type Output, printable, writeResult } from './output.ts';
import { loadPolicy } from './policy-file.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { remoteEvidenceAt } from './remote-evidence.ts';
import { readAuthorityFile, standingOf } from './verified-standing.ts';

export interface ReportOptions extends RemoteOptions {
  framework: string;
  policy: string;
  /** Package URL, or URL of a repository. */
  package?: string;
  size?: number;
  limit: number;
  authority?: string[];
}

export async function runReport(given: readonly string[], options: ReportOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const policy = await loadPolicy(options.policy, io);
  const authorities = await Promise.all((options.authority ?? []).map(readAuthorityFile));
  const client = await connect(options, io);
  const size = options.size ?? (await client.checkpoint({ signal: io.signal })).size;
  const source = await remoteEvidenceAt(client, size, { signal: io.signal });
  const { feed } = await replicateRevocations(client, undefined, { signal: io.signal });
  const standing = standingOf(feed, authorities, { follows: namespacesOf(policy.document) }, size);
  const { artifacts, complete } = await artifactsFor(given, options, source, io);
  if (artifacts.length === 0) {
    throw new LogError('not_logged', `${source.origin} knows no artifact to report on among ${size} entries`);
  }
  const decisions: Decision[] = [];
  for (const artifact of artifacts) {
    decisions.push(await decide(source, standing, policy, { artifact, phase: 'deploy', now: source.time }));
  }
  const framework = FRAMEWORKS.find(({ id }) => id === options.framework)!;
  const report = frameworkReport(framework, policy, decisions, complete);
  writeResult(output, { ...report }, printable(frameworkReportText(report)));
  return EXIT.done;
}

async function artifactsFor(
  given: readonly string[],
  { package: name, limit }: ReportOptions,
  source: EvidenceSource,
  io: Io,
): Promise<Artifacts> {
  if (given.length === 0) return artifactsOf(source, name === undefined ? ALL_RELEASES : [releaseTerm(name)], limit);
  if (name !== undefined) throw new LogError('usage', 'give either artifacts or --package');
  const artifacts = [];
  for (const one of given) {
    // As for look-ups elsewhere, 64 digits are a SHA-256.
    const digests = await readArtifact(/^[0-9a-f]{64}$/.test(one) ? `sha256:${one}` : one, io);
    artifacts.push({
      name: undefined,
      digests: new Map(digests.map(({ algorithm, digest }) => [algorithm, digest])),
    });
  }
  return { artifacts, complete: true };
}
