/** PEP 740 attestations and PyPI provenance documents, turned into submissions. */
import { fromAnyBase64, toBase64 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { isObject, listOf } from '../encoding/members.ts';

/** The payload type that PEP 740 signatures are made over. */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** True for an attestation object or a provenance document. */
export function isPep740(document: unknown): boolean {
  if (!isObject(document)) return false;
  if (Array.isArray(document.attestation_bundles)) return true;
  return isObject(document.envelope) && isObject(document.verification_material) && 'statement' in document.envelope;
}

/**
 * One submission `{envelope, certificate}` per attestation, in order. Log entries of other logs are left behind.
 * @throws LogError malformed_submission or malformed_base64
 */
export function fromPep740(document: unknown): { envelope: unknown; certificate: string }[] {
  if (!isObject(document)) throw malformed();
  if (document.attestation_bundles === undefined) return [readAttestation(document)];
  return listOf(document.attestation_bundles, 'attestation_bundles', CODE).flatMap((bundle) => {
    if (!isObject(bundle)) throw malformed();
    return listOf(bundle.attestations, 'attestations', CODE).map(readAttestation);
  });
}

const CODE = 'malformed_submission';

function readAttestation(value: unknown): { envelope: unknown; certificate: string } {
  if (!isObject(value) || !isObject(value.envelope) || !isObject(value.verification_material)) throw malformed();
  const { statement, signature } = value.envelope;
  const { certificate } = value.verification_material;
  if (typeof statement !== 'string' || typeof signature !== 'string' || typeof certificate !== 'string')
    throw malformed();
  const body = toBase64(fromAnyBase64(certificate, 'verification_material.certificate'));
  return {
    envelope: { payload: statement, payloadType: PAYLOAD_TYPE, signatures: [{ sig: signature }] },
    certificate: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
  };
}

function malformed(): LogError {
  return new LogError(CODE, 'not a PEP 740 attestation or provenance document');
}
