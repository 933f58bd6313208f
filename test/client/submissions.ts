/** Signed submissions for tests. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface TestKey {
  privateKey: KeyObject;
  /** PEM. */
  publicKey: string;
}

export function testKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** An in-toto statement about an artifact. */
export function statement(artifact: string, predicateType = 'https://example.com/p/v1'): string {
  const subject = [{ name: 'artifact', digest: { sha256: sha256Hex(artifact) } }];
  return JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate: {} });
}

export function envelope(payload: string, key: TestKey, payloadType = 'application/vnd.in-toto+json') {
  return {
    payload: Buffer.from(payload).toString('base64'),
    payloadType,
    signatures: [{ keyid: '', sig: signatureOver(payload, key, payloadType) }],
  };
}

export function signatureOver(payload: string, key: TestKey, payloadType = 'application/vnd.in-toto+json'): string {
  const pae = `DSSEv1 ${payloadType.length} ${payloadType} ${Buffer.byteLength(payload)} ${payload}`;
  return sign('sha256', Buffer.from(pae), key.privateKey).toString('base64');
}

export function envelopeSubmission(artifact: string, key: TestKey) {
  return { envelope: envelope(statement(artifact), key), publicKey: key.publicKey };
}

export function artifactSubmission(artifact: string, key: TestKey) {
  return {
    artifact: { sha256: sha256Hex(artifact) },
    signature: sign('sha256', Buffer.from(artifact), key.privateKey).toString('base64'),
    publicKey: key.publicKey,
  };
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
