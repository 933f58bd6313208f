/** What preparing a submission yields: everything the log needs to append it, computed away from the writer. */

import type { Companion } from '../leaf/companion.ts';
import type { LookupTerm } from '../leaf/lookup.ts';
import type { Certificate } from '../x509/certificate.ts';

export type { Companion } from '../leaf/companion.ts';
export { decodeCompanion, encodeCompanion } from '../leaf/companion.ts';

/** A verified entry, ready to be appended. Every signature in it has been checked. */
export interface PreparedEntry {
  /** Canonical bytes of the leaf, 65,535 at most (the entry bundle's limit). */
  leaf: Uint8Array;
  /** SHA-256(0x00 ‖ leaf), 32 bytes. */
  leafHash: Uint8Array;
  /** The DSSE payload and its payloadType; undefined for a signature over an artifact. `sha256` is 32 bytes. */
  payload: { bytes: Uint8Array; type: string; sha256: Uint8Array } | undefined;
  /** The payload is a control statement, and well formed. */
  control: boolean;
  /** What came along and no signature of the signer binds; undefined where nothing did. */
  companion: Companion | undefined;
  /** SHA-256 of each signer's SPKI DER, 32 bytes each, without duplicates, in the leaf's order. */
  signers: Uint8Array[];
  /**
   * SHA-256 over the signed digest and the SPKI, one per signature, 32 bytes each, without duplicates: the same for
   * (r, s) and (r, n-s), and for every kind of leaf that one signing event can be logged as. Hashed when asked for.
   */
  readonly eventIds: Uint8Array[];
  /** Signatures that were made under a certificate, in the leaf's order. */
  readonly certified: { signature: Uint8Array; certificate: Certificate }[];
  /** What the entry can be found by. */
  terms: LookupTerm[];
}
