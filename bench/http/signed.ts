/** What is signed: a small statement in an envelope, or an artifact that is known by its digest alone. */
import { hash, sign } from 'node:crypto';
import { pae } from '../../src/entry/leaf/dsse.ts';
import { randomBytes } from './random-bytes.ts';
import type { Signer } from './signers.ts';

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

export interface SignedPayload {
  payload: Buffer;
  signature: Buffer;
}

export interface SignedArtifact {
  /** SHA-256. */
  digest: Buffer;
  signature: Buffer;
}

/** A provenance statement of 700 bytes, unlike every other; the signature is that of an envelope. */
export function signStatement({ privateKey }: Signer): SignedPayload {
  const payload = Buffer.from(statement());
  return { payload, signature: sign('sha256', pae(PAYLOAD_TYPE, payload), privateKey) };
}

/** Unlike every other. */
export function signArtifact({ privateKey }: Signer): SignedArtifact {
  const content = randomBytes(32);
  return { digest: hash('sha256', content, 'buffer'), signature: sign('sha256', content, privateKey) };
}

function statement(): string {
  const digest = randomBytes(32).toString('hex');
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `example-${digest.slice(0, 8)}.tar.gz`, digest: { sha256: digest } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://example.com/build/v1',
        externalParameters: { repository: 'https://example.com/team/project', ref: 'refs/heads/main' },
        resolvedDependencies: [
          {
            uri: 'git+https://example.com/team/project',
            digest: { gitCommit: randomBytes(20).toString('hex') },
          },
        ],
      },
      runDetails: {
        builder: { id: 'https://example.com/builders/linux-x64' },
        metadata: {
          invocationId: `https://example.com/builds/${digest.slice(8, 24)}`,
          startedOn: '2026-01-01T00:00:00Z',
        },
      },
    },
  });
}
