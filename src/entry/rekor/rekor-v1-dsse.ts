/** The proposed `dsse` 0.0.1 of Rekor v1 clients: an envelope as JSON text, and verifiers in no particular order. */
import { toHex, utf8 } from '../../core/bytes.ts';
import { isLogError, LogError } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import { listOf } from '../encoding/members.ts';
import { parseStrictJsonText } from '../encoding/strict-json.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { companionOf } from '../leaf/companion.ts';
import { pae, readEnvelope } from '../leaf/dsse.ts';
import { byBase64 } from '../leaf/dsse-leaf-v1.ts';
import { type VerifiedSignature, verifySignedMessage } from '../leaf/verifier.ts';
import type { VerifierChain } from '../leaf/verifier-pem.ts';
import { assemble, inspectEnvelope } from '../submission/prepare.ts';
import type { PreparedEntry } from '../submission/prepared-entry.ts';
import { proposed, verifierInBase64 } from './rekor-v1-members.ts';

const CODE = 'malformed_submission';
const MAX_VERIFIERS = 10;
/** Clients in Go name some of them, as null. */
const FILLED_IN_BY_THE_LOG = ['envelopeHash', 'payloadHash', 'signatures'];

/**
 * Checks that every signature verifies with one of the verifiers, and that every verifier is of use.
 * @throws LogError malformed_submission, malformed_json, malformed_envelope, signature_invalid, malformed_statement,
 *   limit_exceeded and the codes of keys
 */
export function prepareDsseV1(spec: unknown, checks: SignatureChecks): PreparedEntry {
  const { proposedContent, ...filled } = proposed(spec, ['proposedContent', ...FILLED_IN_BY_THE_LOG], 'spec');
  if (Object.keys(filled).length > 0) {
    throw new LogError(CODE, `${FILLED_IN_BY_THE_LOG.join(', ')} are not for the submitter to state`, { at: 'spec' });
  }
  const { envelope: text, verifiers } = proposed(proposedContent, ['envelope', 'verifiers'], 'proposedContent');
  if (typeof text !== 'string') throw new LogError(CODE, 'proposedContent.envelope must be a JSON text in a string');
  const { payload, payloadType, signatures: unchecked } = readEnvelope(parseStrictJsonText(text));
  const chains = readVerifiers(verifiers);
  const message = pae(payloadType, payload);
  // In the leaf's order, so that what comes along can be matched with the signatures later.
  const matched = [...unchecked].sort(byBase64).map((signature) => {
    return { ...signature, ...matchVerifier(chains, message, signature.signature, checks) };
  });
  const used = new Set(matched.map(({ chain }) => toHex(chain.verifier.key.spkiHash)));
  if (chains.some(({ verifier }) => !used.has(toHex(verifier.key.spkiHash)))) {
    throw new LogError('signature_invalid', 'a verifier verifies none of the signatures');
  }
  const signatures = matched.map(({ verified }) => verified);
  const content = inspectEnvelope({ payload, payloadType, message, signatures });
  const companion = companionOf({
    chain: matched.flatMap(({ chain }) => chain.above.map(({ der }) => der)),
    timestamps: matched.flatMap(({ timestamps }) => [...timestamps]),
    keyids: matched.map(({ keyid }) => keyid),
    keyHint: undefined,
  });
  const hashes = { envelopeHash: sha256(utf8(text)), payloadHash: content.payload.hash };
  return assemble({ kind: 'dsse', version: '0.0.1', ...hashes, signatures }, content, companion);
}

function readVerifiers(value: unknown): VerifierChain[] {
  const list = listOf(value, 'proposedContent.verifiers', CODE);
  if (list.length === 0) throw new LogError('key_missing', 'proposedContent.verifiers is empty');
  if (list.length > MAX_VERIFIERS) throw new LogError('limit_exceeded', `send at most ${MAX_VERIFIERS} verifiers`);
  return list.map((item) => verifierInBase64(item, 'proposedContent.verifiers'));
}

/** The verifier that a signature verifies with; nothing says which it is. @throws LogError signature_invalid */
function matchVerifier(
  chains: readonly VerifierChain[],
  message: Uint8Array,
  signature: Uint8Array,
  checks: SignatureChecks,
): { chain: VerifierChain; verified: VerifiedSignature } {
  let failure: unknown;
  for (const chain of chains) {
    try {
      return { chain, verified: verifySignedMessage(chain.verifier, message, signature, checks) };
    } catch (error) {
      if (!isLogError(error, 'signature_invalid')) throw error;
      failure = error;
    }
  }
  throw failure;
}
