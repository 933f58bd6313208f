/**
 * What `add` finds in a JSON document: the attestations and signatures that can be logged, each on its own.
 * Recognises Sigstore bundles, DSSE envelopes, PEP 740 attestations and provenance documents, the registry documents
 * of npm, Google Cloud Build's wrapper, lists of these, and submissions in the log's own form.
 */
import { LogError } from '../core/errors.ts';

type JsonObject = Record<string, unknown>;

/** Something to submit, in the form it was found in, or why there is nothing. */
export type FoundRecord =
  | { kind: 'envelope' | 'bundle' | 'pep740' | 'submission'; value: JsonObject; error?: never }
  | { kind?: never; value?: never; error: LogError };

/** The records of one document, in order; never none. */
export function recordsOf(document: unknown): FoundRecord[] {
  if (Array.isArray(document))
    return document.length === 0 ? [nothing('the list is empty')] : document.flatMap(recordsOf);
  if (!isObject(document)) return [nothing('this is JSON, but neither an attestation nor a bundle')];
  const items = itemsOf(document);
  if (items === undefined) return [recordOf(document)];
  return items.length === 0 ? [nothing('the document lists no attestations')] : items.map(recordOf);
}

/** The items of a document that wraps several, or undefined where it is not one of those. */
function itemsOf(document: JsonObject): unknown[] | undefined {
  // npm: {attestations: [{predicateType, bundle}]}
  if (Array.isArray(document.attestations)) {
    return document.attestations.map((item) => (isObject(item) && isObject(item.bundle) ? item.bundle : item));
  }
  // PEP 740 provenance: {version, attestation_bundles: [{publisher, attestations}]}
  if (Array.isArray(document.attestation_bundles)) {
    return document.attestation_bundles.flatMap((bundle) =>
      isObject(bundle) && Array.isArray(bundle.attestations) ? bundle.attestations : [bundle],
    );
  }
  // Google Cloud Build: {image_summary, provenance_summary: {provenance: [{envelope}]}}
  if (isObject(document.provenance_summary) && Array.isArray(document.provenance_summary.provenance)) {
    return document.provenance_summary.provenance.map((item) =>
      isObject(item) && isObject(item.envelope) ? item.envelope : item,
    );
  }
  return undefined;
}

function recordOf(value: unknown): FoundRecord {
  if (!isObject(value)) return nothing('this is JSON, but neither an attestation nor a bundle');
  if (typeof value.mediaType === 'string' && isObject(value.verificationMaterial)) return { kind: 'bundle', value };
  if (isEnvelope(value)) return { kind: 'envelope', value };
  if (isObject(value.envelope) && isObject(value.verification_material) && 'statement' in value.envelope) {
    return { kind: 'pep740', value };
  }
  if (isEnvelope(value.envelope) || isObject(value.bundle) || (isObject(value.artifact) && 'signature' in value)) {
    return { kind: 'submission', value };
  }
  return nothing(whatItIs(value));
}

function isEnvelope(value: unknown): boolean {
  return isObject(value) && 'payloadType' in value && 'signatures' in value;
}

function whatItIs(value: JsonObject): string {
  const type = typeof value.mediaType === 'string' ? value.mediaType : '';
  if (typeof value._type === 'string' || ('predicateType' in value && 'subject' in value)) {
    return 'this statement is not signed; sign it as a DSSE envelope first, the log takes signed evidence only';
  }
  if (type.includes('trustedroot') || 'certificateAuthorities' in value || 'tlogs' in value) {
    return 'this is a trusted root, which says whom to trust; it is not an attestation';
  }
  if (type.includes('signingconfig') || Array.isArray(value.keys)) {
    return 'this is key or configuration material, not an attestation';
  }
  if ('media_type' in value || 'verification_material' in value) {
    return 'this looks like a Sigstore bundle, but it is not written as protobuf JSON (mediaType, verificationMaterial, …)';
  }
  return 'this is JSON, but holds neither an attestation nor a bundle nor an artifact signature';
}

function nothing(message: string): FoundRecord {
  return { error: new LogError('malformed_submission', message) };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
