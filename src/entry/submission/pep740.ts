/** PEP 740 attestations and PyPI provenance documents, turned into submissions. */
import { fromAnyBase64, toBase64 } from '../../core/bytes.ts';
import { isLogError, LogError } from '../../core/errors.ts';
import { checkLogEntries } from '../bundle/transparency-log-entry.ts';
import { isObject, listOf } from '../encoding/members.ts';

/** The payload type that PEP 740 signatures are made over. */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** True for an attestation object or a provenance document. */
export function isPep740(document: unknown): boolean {
  if (!isObject(document)) return false;
  if (Array.isArray(document.attestation_bundles)) return true;
  return isObject(document.envelope) && isObject(document.verification_material) && 'statement' in document.envelope;
}

/**
 * One submission `{bundle}` per attestation, in order: a Sigstore bundle with everything that the attestation holds, but
 * for entries of other logs that are not well-formed, about which PEP 740 says little.
 * @throws LogError malformed_submission or malformed_base64
 */
export function fromPep740(document: unknown): { bundle: object }[] {
  if (!isObject(document)) throw malformed();
  if (document.attestation_bundles === undefined) return [readAttestation(document)];
  return listOf(document.attestation_bundles, 'attestation_bundles', CODE).flatMap((bundle) => {
    if (!isObject(bundle)) throw malformed();
    return listOf(bundle.attestations, 'attestations', CODE).map(readAttestation);
  });
}

const CODE = 'malformed_submission';

function readAttestation(value: unknown): { bundle: object } {
  if (!isObject(value) || !isObject(value.envelope) || !isObject(value.verification_material)) throw malformed();
  const { statement, signature } = value.envelope;
  const { certificate, transparency_entries: entries } = value.verification_material;
  if (typeof statement !== 'string' || typeof signature !== 'string' || typeof certificate !== 'string')
    throw malformed();
  const rawBytes = toBase64(fromAnyBase64(certificate, 'verification_material.certificate'));
  return {
    bundle: {
      mediaType: MEDIA_TYPE,
      verificationMaterial: { certificate: { rawBytes }, tlogEntries: wellFormed(entries) },
      dsseEnvelope: { payload: statement, payloadType: PAYLOAD_TYPE, signatures: [{ sig: signature }] },
    },
  };
}

function wellFormed(entries: unknown): readonly object[] {
  try {
    return checkLogEntries(entries);
  } catch (error) {
    if (isLogError(error)) return [];
    throw error;
  }
}

function malformed(): LogError {
  return new LogError(CODE, 'not a PEP 740 attestation or provenance document');
}
