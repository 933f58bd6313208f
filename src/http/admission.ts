/** Who may write: bearer tokens, listed keys and identities, or everyone where the operator says so. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { LogError } from '../core/errors.ts';
import type { Clock } from './clock.ts';
import type { AdmissionConfig } from './config.ts';

/** What a request's credentials amount to. */
export interface Admitted {
  /** False: every signer of an entry must be a listed key or identity; the machine decides, item by item. */
  admitted: boolean;
  /** Name of the token that vouched for the request. */
  token: string | undefined;
}

/**
 * Judges an `Authorization` header.
 * @throws LogError malformed_request, unauthorized
 */
export type Admission = (authorization: string | undefined) => Admitted;

const ADMITTED: Admitted = { admitted: true, token: undefined };
const LISTED_SIGNERS_ONLY: Admitted = { admitted: false, token: undefined };

/** Without a section everyone is admitted: `assertAdmission` has made sure that the listener is a loopback one. */
export function createAdmission(config: AdmissionConfig | undefined, clock: Clock): Admission {
  const open = config === undefined || config.open === true;
  const tokens = (config?.tokens ?? []).map(({ name, sha256, expires = Number.POSITIVE_INFINITY }) => ({
    name,
    digest: Buffer.from(sha256, 'hex'),
    expires,
  }));
  const signersListed = (config?.keys?.length ?? 0) + (config?.identities?.length ?? 0) > 0;

  return function admit(authorization) {
    // Fetch joins repeated headers with a comma, which no bearer token contains (RFC 6750 §2.1).
    if (authorization?.includes(',')) {
      throw new LogError('malformed_request', 'send one Authorization header', { at: 'authorization' });
    }
    const token = authorization === undefined ? undefined : matchToken(authorization, tokens);
    if (token !== undefined) {
      // Also where everyone is admitted: whoever sends it relies on it, and must hear of it.
      if (clock.now() / 1000 < token.expires) return { admitted: true, token: token.name };
      throw new LogError('unauthorized', `the token "${token.name}" has expired; ask the log's operator for another`);
    }
    if (open) return ADMITTED;
    if (signersListed && (authorization === undefined || tokens.length === 0)) return LISTED_SIGNERS_ONLY;
    throw new LogError('unauthorized', 'writing to this log needs a bearer token that it knows');
  };
}

interface KnownToken {
  readonly name: string;
  readonly digest: Buffer;
  /** POSIX seconds. */
  readonly expires: number;
}

/** Compares hashes in constant time, and every one of them, so that timing tells nothing about the tokens. */
function matchToken(authorization: string, tokens: readonly KnownToken[]): KnownToken | undefined {
  const text = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(authorization)?.[1];
  if (text === undefined || tokens.length === 0) return undefined;
  const digest = createHash('sha256').update(text).digest();
  let match: KnownToken | undefined;
  for (const token of tokens) if (timingSafeEqual(token.digest, digest)) match = token;
  return match;
}
