/** Finds, for a record from a file, the submission that the log takes: with the right key where it brings none. */
import { isLogError, LogError } from '../core/errors.ts';
import { withCanonicalBase64 } from '../entry/encoding/tolerant-base64.ts';
import type { SignatureChecks } from '../entry/keys/signature-checks.ts';
import { fromPep740 } from '../entry/submission/pep740.ts';
import { prepareSubmission } from '../entry/submission/submission.ts';
import type { FoundRecord } from './records.ts';

/** Keys for records that do not carry their own. */
export interface GivenKeys {
  /** PEM of SubjectPublicKeyInfos. */
  publicKeys: readonly string[];
  /** PEM, the signing certificate first. */
  certificate: string | undefined;
  /** Log envelopes as `dsse` leaves. */
  leaf: 'dsse' | undefined;
}

type JsonObject = Record<string, unknown>;
type Signer = { publicKey: string } | { certificate: string };

/**
 * What to submit for a record. Keys are tried, since key ids are only hints.
 * @throws LogError key_missing, signature_invalid, and whatever is wrong with the record
 */
export function submissionOf(record: FoundRecord, keys: GivenKeys, checks: SignatureChecks): unknown {
  if (record.error !== undefined) throw record.error;
  const value = withCanonicalBase64(record.value) as JsonObject;
  const leaf = keys.leaf === undefined ? {} : { leaf: keys.leaf };
  switch (record.kind) {
    case 'bundle':
      return bundleSubmission(value, keys, leaf, checks);
    case 'envelope':
      return envelopeSubmission(value, keys, leaf, checks);
    case 'pep740':
      return { ...(withCanonicalBase64(fromPep740(value)[0]) as JsonObject), ...leaf };
    case 'submission':
      return value;
  }
}

function bundleSubmission(bundle: JsonObject, keys: GivenKeys, leaf: object, checks: SignatureChecks): unknown {
  const material = bundle.verificationMaterial;
  const bringsKey = !(isObject(material) && isObject(material.publicKey));
  if (bringsKey) return Object.keys(leaf).length === 0 ? bundle : { bundle, ...leaf };
  const candidates = keys.publicKeys.map((publicKey) => ({ bundle, publicKey, ...leaf }));
  return firstThatVerifies(candidates, checks);
}

function envelopeSubmission(envelope: JsonObject, keys: GivenKeys, leaf: object, checks: SignatureChecks): unknown {
  const signatures = Array.isArray(envelope.signatures) ? envelope.signatures : [];
  const missing = signatures.filter((signature) => ownCertificate(signature) === undefined);
  if (missing.length === 0) return { envelope, ...leaf };
  const signers = givenSigners(keys);
  if (signatures.length === 1) {
    return firstThatVerifies(
      signers.map((signer) => ({ envelope, ...signer, ...leaf })),
      checks,
    );
  }
  const verifiers = signatures.map((signature): Signer => {
    const own = ownCertificate(signature);
    if (own !== undefined) return { certificate: own };
    const alone = { ...envelope, signatures: [signature] };
    const { envelope: _, ...signer } = firstThatVerifies(
      signers.map((candidate) => ({ envelope: alone, ...candidate })),
      checks,
    );
    return signer as Signer;
  });
  return { envelope, verifiers, ...leaf };
}

function givenSigners({ publicKeys, certificate }: GivenKeys): Signer[] {
  const signers: Signer[] = publicKeys.map((publicKey) => ({ publicKey }));
  if (certificate !== undefined) signers.push({ certificate });
  return signers;
}

/** The candidate whose key made the signature. */
function firstThatVerifies<T>(candidates: readonly T[], checks: SignatureChecks): T {
  if (candidates.length === 0) {
    throw new LogError(
      'key_missing',
      'the key of this signature is not in the record; give it with --public-key FILE or --certificate FILE',
    );
  }
  let failure: unknown;
  for (const candidate of candidates) {
    try {
      prepareSubmission(candidate, checks);
      return candidate;
    } catch (error) {
      failure = error;
      // Unsupported may be the key for this signature only: pure Ed25519 over a digest.
      if (!isLogError(error, 'signature_invalid', 'unsupported_key')) throw error;
    }
  }
  if (candidates.length === 1) throw failure;
  throw new LogError('signature_invalid', 'the signature does not verify with any of the keys that were given');
}

/** PEM of the certificate beside a signature, where there is one: `cert`, or `certificate` in base64. */
function ownCertificate(signature: unknown): string | undefined {
  if (!isObject(signature)) return undefined;
  if (typeof signature.cert === 'string') return signature.cert;
  if (typeof signature.certificate !== 'string') return undefined;
  try {
    return atob(signature.certificate);
  } catch {
    return signature.certificate; // refused where it is read
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
