/** `countersign explain`: what a log knows about an artifact, every entry of it verified here. */

import { artifactEvidence } from '../evidence/gate/artifact-evidence.ts';
import { explain } from '../evidence/gate/explain.ts';
import { artifactJson } from '../evidence/gate/explanation-json.ts';
import { readArtifact } from './artifact.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { explanationText } from './explanation-text.ts';
import { type Output, printable, writeResult } from './output.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { remoteEvidence } from './remote-evidence.ts';

export async function runExplain(artifact: string, options: RemoteOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  // As for look-ups elsewhere, 64 digits are a SHA-256.
  const digests = await readArtifact(/^[0-9a-f]{64}$/.test(artifact) ? `sha256:${artifact}` : artifact, io);
  const source = await remoteEvidence(await connect(options, io), { signal: io.signal });
  const found = await artifactEvidence(source, new Map(digests.map(({ algorithm, digest }) => [algorithm, digest])));
  const explanation = explain(found);
  const head = `${printable(artifact)}, as ${printable(source.origin)} knows it: ${source.treeSize} entries`;
  writeResult(
    output,
    { ...artifactJson(source, found, explanation) },
    [head, ...explanationText(explanation, found)].join('\n'),
  );
  return EXIT.done;
}
