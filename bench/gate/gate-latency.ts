/** How long `POST /v1/gate` takes, under policies that look up little and much. */
import type { Server } from '../http/server.ts';
import { post } from '../http/submissions.ts';
import { artifactsOf, askAtRate, type DecisionRun, type KnownArtifact, RATE, WARM_UP } from './questions.ts';

/** Of the statements that the load generator submits. */
const BUILDER = 'https://example.com/builders/linux-x64';

const builders = (artifacts: readonly KnownArtifact[]) =>
  [...new Set(artifacts.map(({ signer }) => signer))].map((key) => ({ id: BUILDER, signer: { key }, level: 2 }));

/** JSON is YAML. */
const POLICIES: { what: string; require: object; expected: string }[] = [
  { what: 'provenance, level 2', require: { provenance: { level: 2 } }, expected: '"decision":"ALLOW"' },
  {
    what: 'the same, and rate, moved tags, downgrades',
    require: {
      provenance: { level: 2 },
      source: { tagImmutable: true },
      continuity: 'no-downgrade',
      rate: { perIdentity: '20/10m' },
    },
    // A few keys signed all of the log within minutes.
    expected: '"code":"RATE_EXCEEDED"',
  },
];

/** Each request is about another artifact, so that nothing is known from the one before. */
export async function measureGate(
  { url }: Server,
  { size, seconds }: { size: number; seconds: number },
): Promise<DecisionRun[]> {
  const { host } = new URL(url);
  const artifacts = await artifactsOf(url, size, WARM_UP + RATE * seconds);
  const runs: DecisionRun[] = [];
  for (const { what, require, expected } of POLICIES) {
    const policy = { policy: 'bench', version: 1, trust: { builders: builders(artifacts), signers: 'any' }, require };
    const requests = artifacts.map(({ sha256 }) => {
      const question = { artifact: { digests: { sha256 } }, policy: JSON.stringify(policy) };
      return post(host, '/v1/gate', 'application/json', Buffer.from(JSON.stringify(question)), 1);
    });
    runs.push(await askAtRate(`POST /v1/gate: ${what}`, url, requests, (body) => body.includes(expected)));
  }
  return runs;
}
