/** Requests to log an entry as clients of Rekor v2 make them: its `CreateEntryRequest` message, in ProtoJSON. */
import { compareBytes } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { bytes, enumOf, message, repeated, text } from '../encoding/protojson.ts';
import { preferringPrivateKeys } from '../keys/private-key.ts';
import { parsePublicKey } from '../keys/public-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { type KeyDetails, schemeNamed } from '../keys/signature-scheme.ts';
import { type Envelope, pae, readEnvelope } from '../leaf/dsse.ts';
import {
  certificateVerifier,
  keyVerifier,
  matchSignature,
  type SchemeVerifier,
  type Verifier,
} from '../leaf/verifier.ts';
import { prepareDigest, prepareVerifiedPayload } from '../submission/prepare.ts';
import type { PreparedEntry } from '../submission/prepared-entry.ts';
import { parseCertificate } from '../x509/certificate.ts';

/** `PublicKeyDetails` of Sigstore's protobuf-specs, as far as a key can be accepted here. */
const KEY_DETAILS: Readonly<Record<KeyDetails, number>> = {
  PKIX_ECDSA_P256_SHA_256: 5,
  PKIX_ED25519: 7,
  PKIX_ED25519_PH: 8,
  PKIX_RSA_PKCS1V15_2048_SHA256: 9,
  PKIX_RSA_PKCS1V15_3072_SHA256: 10,
  PKIX_RSA_PKCS1V15_4096_SHA256: 11,
  PKIX_ECDSA_P384_SHA_384: 12,
  PKIX_ECDSA_P521_SHA_512: 13,
  PKIX_RSA_PSS_2048_SHA256: 16,
  PKIX_RSA_PSS_3072_SHA256: 17,
  PKIX_RSA_PSS_4096_SHA256: 18,
  PKIX_ECDSA_P384_SHA_256: 19,
  PKIX_ECDSA_P521_SHA_256: 20,
};

const rawBytes = message({ rawBytes: bytes });
const verifier = message({ publicKey: rawBytes, x509Certificate: rawBytes, keyDetails: enumOf(KEY_DETAILS) }, [
  'publicKey',
  'x509Certificate',
]);
const hashedRekord = message({ digest: bytes, signature: message({ content: bytes, verifier }) });
const envelope = message({
  payload: bytes,
  payloadType: text,
  signatures: repeated(message({ sig: bytes, keyid: text })),
});
const dsse = message({ envelope, verifiers: repeated(verifier) });
const createEntryRequest = message({ hashedRekordRequestV002: hashedRekord, dsseRequestV002: dsse }, [
  'hashedRekordRequestV002',
  'dsseRequestV002',
]);

const CODE = 'malformed_submission';
/** A request to log an envelope may bring as many keys as signatures. */
const MAX_VERIFIERS = 10;

/**
 * Reads and checks a request: a strictly parsed JSON value. A dsse request becomes a dsse leaf, whose payload is kept
 * as that of a submission in our own form is; a hashedrekord request is all that its leaf says.
 * @throws LogError malformed_submission, malformed_base64, and the codes of keys, certificates, envelopes and
 *   signatures
 */
export function prepareRekorV2Request(value: unknown, checks: SignatureChecks): PreparedEntry {
  return preferringPrivateKeys(value, () => {
    const { hashedRekordRequestV002, dsseRequestV002 } = createEntryRequest(value, 'request');
    if (hashedRekordRequestV002 !== undefined) return prepareHashedRekord(hashedRekordRequestV002, checks);
    if (dsseRequestV002 !== undefined) return prepareDsse(dsseRequestV002, checks);
    throw new LogError(CODE, 'the request must have hashedRekordRequestV002 or dsseRequestV002');
  });
}

function prepareHashedRekord(
  { digest, signature }: ReturnType<typeof hashedRekord>,
  checks: SignatureChecks,
): PreparedEntry {
  if (digest === undefined || digest.length === 0) throw new LogError(CODE, 'the digest is missing');
  if (signature?.content === undefined || signature.content.length === 0) {
    throw new LogError(CODE, 'the signature is missing');
  }
  const { keyDetails, ...found } = readVerifier(signature.verifier);
  if (keyDetails === 'PKIX_ED25519') {
    throw new LogError(
      'unsupported_key',
      'a pure Ed25519 signature cannot be checked from a digest; use PKIX_ED25519_PH, or a dsseRequestV002',
    );
  }
  return prepareDigest({ digest, signature: signature.content, verifier: found, keyDetails }, undefined, checks);
}

function prepareDsse(request: ReturnType<typeof dsse>, checks: SignatureChecks): PreparedEntry {
  const { verifiers = [] } = request;
  if (request.envelope === undefined) throw new LogError(CODE, 'the envelope is missing');
  if (verifiers.length === 0) throw new LogError('key_missing', 'the request has no verifiers');
  if (verifiers.length > MAX_VERIFIERS) {
    throw new LogError('limit_exceeded', `the request has more than ${MAX_VERIFIERS} verifiers`);
  }
  // What a message leaves out is empty.
  const { payload = new Uint8Array(0), payloadType = '', signatures = [] } = request.envelope;
  const read = readEnvelope({ payload, payloadType, signatures: signatures.map(({ sig, keyid }) => ({ sig, keyid })) });
  const candidates = verifiers.map(readVerifier).map((one): SchemeVerifier => {
    const scheme = schemeNamed(one.key, one.keyDetails);
    if (scheme !== undefined) return { ...one, scheme };
    throw new LogError('unsupported_key', 'keyDetails does not name a scheme of the key that was sent');
  });
  return prepareMatched(read, candidates, checks);
}

/** Finds the verifier of each signature; nothing says which it is. */
function prepareMatched(
  { payload, payloadType, signatures }: Envelope,
  candidates: readonly SchemeVerifier[],
  checks: SignatureChecks,
): PreparedEntry {
  const message = pae(payloadType, payload);
  // In the leaf's order, so that what comes along can be matched with the signatures later.
  const sorted = [...signatures].sort((a, b) => compareBytes(a.signature, b.signature));
  const verified = sorted.map(({ signature }) => matchSignature(candidates, message, signature, checks));
  const keyids = sorted.map(({ keyid }) => keyid);
  const companion = keyids.every((keyid) => keyid === '')
    ? undefined
    : { chain: [], timestamps: [], keyids, keyHint: undefined };
  return prepareVerifiedPayload({ payload, payloadType, message, signatures: verified }, companion, 'dsse');
}

function readVerifier(read: ReturnType<typeof verifier> | undefined): Verifier & { keyDetails: KeyDetails } {
  const { publicKey, x509Certificate, keyDetails } = read ?? {};
  if (keyDetails === undefined) throw new LogError(CODE, 'a verifier has no keyDetails');
  if (publicKey?.rawBytes !== undefined) return { ...keyVerifier(parsePublicKey(publicKey.rawBytes)), keyDetails };
  if (x509Certificate?.rawBytes === undefined) {
    throw new LogError('key_missing', 'a verifier has neither publicKey.rawBytes nor x509Certificate.rawBytes');
  }
  return { ...certificateVerifier(parseCertificate(x509Certificate.rawBytes)), keyDetails };
}
