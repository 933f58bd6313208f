/** The proposed `intoto` 0.0.2 of Rekor v1 clients: an envelope that holds its verifiers, in base64 twice over. */
import { equalBytes, fromAnyBase64 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { listOf } from '../encoding/members.ts';
import { refusePrivateKeyWithin } from '../keys/private-key.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { companionOf } from '../leaf/companion.ts';
import { pae, readEnvelope } from '../leaf/dsse.ts';
import { verifySignedMessage } from '../leaf/verifier.ts';
import { assemble, inspectEnvelope } from '../submission/prepare.ts';
import type { PreparedEntry } from '../submission/prepared-entry.ts';
import { digestMember, proposed, textInBase64, verifierInBase64 } from './rekor-v1-members.ts';

const CODE = 'malformed_submission';

/**
 * Checks each signature with the verifier in it.
 * @throws LogError malformed_submission, malformed_envelope, malformed_base64, signature_invalid, malformed_statement,
 *   limit_exceeded and the codes of keys
 */
export function prepareIntoto(spec: unknown, checks: SignatureChecks): PreparedEntry {
  const { content: proposal } = proposed(spec, ['content'], 'spec');
  const { envelope, hash, payloadHash } = proposed(proposal, ['envelope', 'hash', 'payloadHash'], 'content');
  const members = proposed(envelope, ['payload', 'payloadType', 'signatures'], 'envelope');
  const items = listOf(members.signatures, 'envelope.signatures', CODE).map((item) =>
    proposed(item, ['sig', 'keyid', 'publicKey'], 'envelope.signatures'),
  );
  const {
    payload,
    payloadType,
    signatures: unchecked,
  } = readEnvelope({
    payload: once(members.payload, 'envelope.payload'),
    payloadType: members.payloadType,
    signatures: items.map(({ sig, keyid = '' }) => ({ sig: once(sig, 'envelope.signatures/sig'), keyid })),
  });
  const message = pae(payloadType, payload);
  const signers = items.map(({ publicKey }) => verifierInBase64(publicKey, 'envelope.signatures/publicKey'));
  const signatures = unchecked.map(({ signature, keyid }, i) => {
    const { verifier, pem } = signers[i]!;
    return { ...verifySignedMessage(verifier, message, signature, checks), pem, keyid };
  });
  for (const { keyid } of unchecked) refusePrivateKeyWithin(keyid);
  const content = inspectEnvelope({ payload, payloadType, message, signatures });
  if (payloadHash !== undefined && !equalBytes(sha256Member(payloadHash, 'payloadHash'), content.payload.hash)) {
    throw new LogError(CODE, 'payloadHash is not the SHA-256 of the payload', { at: 'payloadHash' });
  }
  return assemble(
    {
      ...{ kind: 'intoto', version: '0.0.2', payloadType, signatures, payload: undefined },
      envelopeHash: sha256Member(hash, 'hash'),
      payloadHash: content.payload.hash,
    },
    content,
    companionOf({
      chain: signers.flatMap(({ above }) => above.map(({ der }) => der)),
      timestamps: [],
      keyids: [],
      keyHint: undefined,
    }),
  );
}

function once(value: unknown, what: string): Uint8Array {
  return fromAnyBase64(textInBase64(value, what), what);
}

function sha256Member(value: unknown, what: string): Uint8Array {
  const { algorithm, digest } = digestMember(value, what);
  if (algorithm !== 'sha256') throw new LogError(CODE, `${what} must be a sha256`, { at: what });
  return digest;
}
