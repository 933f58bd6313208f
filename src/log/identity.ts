/** What names a log: origin, keys, and the identifiers derived from them. Fixed at `init`, pinned ever after. */

export interface LogIdentity {
  /** Schema-less host name: the checkpoint's first line and the name of its keys. */
  origin: string;
  /** SHA-256(origin ‖ 0x0A ‖ 0x01 ‖ checkpoint key), 32 bytes: Sigstore's log id. Its first four bytes are the key id. */
  logId: Uint8Array;
  /** C2SP verifier key of the checkpoint key (Ed25519, 0x01). */
  verifierKey: string;
  /** C2SP verifier key of the time key (Ed25519 cosignature/v1, 0x04). */
  timeVerifierKey: string;
  /** SubjectPublicKeyInfo PEM of the statement key (ECDSA P-256). */
  statementKey: string;
}

/** A development log: its missing anchor only warns (origins made by `serve --dev` and `init --dev`). */
export function isDevelopmentOrigin(origin: string): boolean {
  return /^dev-[0-9a-f]+\.localhost$/.test(origin);
}
