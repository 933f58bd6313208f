/** One logged entry as evidence: who signed it, what it says, and which entry of the log proves it. */
import type { Claim, Digests } from '../../entry/predicate/claim.ts';
import type { ChainMark } from '../../entry/x509/certificate.ts';
import type { FulcioFacts } from '../../entry/x509/fulcio-facts.ts';

/** What a signer proved. The names of an unverified certificate prove nothing: only the key does. */
export interface Credential {
  /** Hex SHA-256 of the signer's SPKI. */
  readonly key: string;
  /**
   * Hex (`entry/leaf/event-id.ts`): the identity of this signing event, whatever form it was logged in. Empty where an
   * erased payload took it along: leaves of envelopes do not hold the signed digest, and such evidence proves nothing.
   */
  readonly eventId: string;
  readonly kind: 'certificate' | 'key';
  /** `unverified` for bare keys too. */
  readonly chain: ChainMark;
  /** As the certificate says. Empty for bare keys. */
  readonly names: readonly string[];
  readonly issuer: string | undefined;
  readonly facts: FulcioFacts;
  /** Seconds from notBefore to notAfter; undefined for bare keys. */
  readonly lifetime: number | undefined;
}

/** Where the certificate and the predicate contradict each other; the certificate outranks if its chain is trusted. */
export interface Mismatch {
  readonly fact: 'repository' | 'repositoryId' | 'commit' | 'ref' | 'trigger' | 'runner' | 'invocation' | 'environment';
  readonly certificate: string;
  readonly predicate: string;
}

export interface Evidence {
  readonly index: number;
  /** Hex. */
  readonly leafHash: string;
  /** Index from which what the payload says counts: its own, or that of the statement that logged its arrival. */
  readonly countsFrom: number;
  /** POSIX seconds of the first checkpoint that covers `countsFrom`: log time. */
  readonly loggedAt: number;
  readonly credentials: readonly Credential[];
  readonly payload: 'stored' | 'attached' | 'absent' | 'erased';
  /** Hex SHA-256 of the payload. */
  readonly payloadSha256: string | undefined;
  readonly predicateType: string | undefined;
  /** For a bare signature the signed digest alone. */
  readonly subjects: readonly { readonly name: string | undefined; readonly digests: Digests }[];
  /** Undefined where there is no payload, or one that is no statement. */
  readonly claim: Claim | undefined;
  readonly mismatches: readonly Mismatch[];
}
