/** Submissions as clients of Sigstore's logs make them, for the doors of Rekor v2 and v1. */
import { hash } from 'node:crypto';
import { PAYLOAD_TYPE, signArtifact, signStatement } from './signed.ts';
import type { Signer } from './signers.ts';

export function hashedRekordV2(signer: Signer) {
  const { digest, signature } = signArtifact(signer);
  const signed = { content: base64(signature), verifier: verifierV2(signer) };
  return { hashedRekordRequestV002: { digest: base64(digest), signature: signed } };
}

export function dsseV2(signer: Signer) {
  return { dsseRequestV002: { envelope: envelope(signer), verifiers: [verifierV2(signer)] } };
}

export function hashedRekordV1(signer: Signer) {
  const { digest, signature } = signArtifact(signer);
  const data = { hash: { algorithm: 'sha256', value: digest.toString('hex') } };
  const signed = { content: base64(signature), publicKey: { content: base64(signer.pem) } };
  return { apiVersion: '0.0.1', kind: 'hashedrekord', spec: { data, signature: signed } };
}

export function dsseV1(signer: Signer) {
  const proposedContent = { envelope: JSON.stringify(envelope(signer)), verifiers: [base64(signer.pem)] };
  return { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent } };
}

/** Version 0.0.2, with the envelope's base64 in base64 once more. */
export function intotoV1(signer: Signer) {
  const { payload, payloadType, signatures } = envelope(signer);
  const value = hash('sha256', JSON.stringify({ payload, payloadType, signatures }));
  const signed = signatures.map(({ sig }) => ({ sig: base64(sig), publicKey: base64(signer.pem) }));
  const content = { envelope: { payloadType, payload: base64(payload), signatures: signed } };
  return {
    apiVersion: '0.0.2',
    kind: 'intoto',
    spec: { content: { ...content, hash: { algorithm: 'sha256', value } } },
  };
}

function envelope(signer: Signer) {
  const { payload, signature } = signStatement(signer);
  const signatures = [{ sig: base64(signature), keyid: '' }];
  return { payload: base64(payload), payloadType: PAYLOAD_TYPE, signatures };
}

function verifierV2({ verifier, der }: Signer) {
  const name = verifier === 'certificate' ? 'x509Certificate' : 'publicKey';
  return { [name]: { rawBytes: base64(der) }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' };
}

function base64(value: Buffer | string): string {
  return Buffer.from(value).toString('base64');
}
