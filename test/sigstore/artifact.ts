/** Something to sign, unlike everything that was signed before. */
import { createHash, randomBytes } from 'node:crypto';
import { statement } from '../fixtures/make.ts';

/** What is signed: bytes, or an in-toto statement in a DSSE envelope. */
export type Kind = 'messageSignature' | 'dsseEnvelope';
export const KINDS: readonly Kind[] = ['messageSignature', 'dsseEnvelope'];

export interface Artifact {
  kind: Kind;
  artifact: Buffer;
  /** Hex SHA-256 of the artifact. */
  digest: string;
  /** What is handed to the signer: the artifact itself, or a statement about it. */
  data: Buffer;
}

export function newArtifact(kind: Kind): Artifact {
  const artifact = randomBytes(16);
  const digest = createHash('sha256').update(artifact).digest('hex');
  return { kind, artifact, digest, data: kind === 'messageSignature' ? artifact : Buffer.from(statement(digest)) };
}
