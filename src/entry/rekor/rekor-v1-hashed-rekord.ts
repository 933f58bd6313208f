/** The proposed `hashedrekord` 0.0.1 of Rekor v1 clients. */

import { anyBytesOf } from '../encoding/members.ts';
import type { SignatureChecks } from '../keys/signature-checks.ts';
import { companionOf } from '../leaf/companion.ts';
import { verifySignedDigest } from '../leaf/verifier.ts';
import { assemble } from '../submission/prepare.ts';
import type { PreparedEntry } from '../submission/prepared-entry.ts';
import { digestMember, proposed, verifierInBase64 } from './rekor-v1-members.ts';

/**
 * Checks the signature over the digest, that of an older client too that hashes with SHA-256 whatever its curve.
 * @throws LogError malformed_submission, signature_invalid, unsupported_key, limit_exceeded and the codes of keys
 */
export function prepareHashedRekordV1(spec: unknown, checks: SignatureChecks): PreparedEntry {
  const { data, signature } = proposed(spec, ['data', 'signature'], 'spec');
  const { digest } = digestMember(proposed(data, ['hash'], 'data').hash, 'data.hash');
  const { content, publicKey } = proposed(signature, ['content', 'publicKey'], 'signature');
  const { content: pem } = proposed(publicKey, ['content'], 'signature.publicKey');
  const { verifier, above } = verifierInBase64(pem, 'signature.publicKey.content');
  const bytes = anyBytesOf(content, 'signature.content', 'malformed_submission');
  const signed = verifySignedDigest(verifier, digest, bytes, checks, { legacy: true });
  const algorithm = signed.scheme.hash;
  return assemble(
    { kind: 'hashedrekord', version: '0.0.1', algorithm, digest, signatures: [signed] },
    { signatures: [signed], digests: new Map([[algorithm, digest]]), payload: undefined },
    companionOf({ chain: above.map(({ der }) => der), timestamps: [], keyids: [], keyHint: undefined }),
  );
}
