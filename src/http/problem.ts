/** Errors on the wire: problem documents (RFC 9457), and the one table from error code to HTTP status. */
import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '../core/errors.ts';
import { isLogError, LogError } from '../core/errors.ts';

/**
 * The HTTP status of every error code. Codes that only the command line or a start-up can meet are 500: should one
 * of them reach a client all the same, the fault is the server's.
 */
const STATUS = {
  malformed_json: 400,
  malformed_msgpack: 400,
  malformed_base64: 400,
  malformed_hex: 400,
  malformed_submission: 400,
  malformed_envelope: 400,
  malformed_statement: 400,
  malformed_control: 400,
  malformed_bundle: 400,
  malformed_evidence: 400,
  malformed_key: 400,
  malformed_certificate: 400,
  malformed_signature: 400,
  malformed_leaf: 400,
  malformed_note: 400,
  malformed_checkpoint: 400,
  malformed_proof: 400,
  malformed_tile: 400,
  malformed_request: 400,
  malformed_trusted_root: 500,
  policy_invalid: 400,
  unsupported_payload_type: 400,
  unsupported_key: 400,
  limit_exceeded: 400,
  private_key_submitted: 400,
  secret_submitted: 422,
  signature_invalid: 422,
  key_missing: 422,
  certificate_rejected: 422,
  unsupported_media_type: 415,
  body_too_large: 413,
  uri_too_long: 414,
  route_unknown: 404,
  not_enabled: 501,
  method_not_allowed: 405,
  unauthorized: 401,
  forbidden: 403,
  rate_limited: 429,
  not_found: 404,
  not_yet_published: 404,
  payload_absent: 404,
  payload_erased: 410,
  pool_full: 503,
  storage_full: 503,
  clock_regressed: 503,
  anchor_unwritable: 503,
  index_rebuilding: 503,
  reads_only: 503,
  log_frozen: 410,
  halted: 503,
  corrupt: 500,
  internal: 500,
  config_invalid: 500,
  log_missing: 500,
  log_exists: 500,
  wrong_key: 500,
  wrong_origin: 500,
  rolled_back: 500,
  anchor_foreign: 500,
  anchor_missing: 500,
  schema_unknown: 500,
  storage_unsafe: 500,
  already_running: 500,
  admission_missing: 500,
  driver_missing: 500,
  address_in_use: 500,
  proof_invalid: 500,
  checkpoint_unverified: 500,
  artifact_mismatch: 500,
  signer_mismatch: 500,
  time_unproven: 500,
  identity_unjudged: 500,
  log_misbehaved: 500,
  not_logged: 500,
  gate_closed: 500,
  evidence_expired: 500,
  evidence_incomplete: 500,
  usage: 500,
  file_unreadable: 500,
  unreachable: 500,
  answer_unexpected: 500,
  interrupted: 500,
} as const satisfies Record<ErrorCode, number>;

/** The HTTP status that an error code is answered with. */
export function statusOf(code: ErrorCode): number {
  return STATUS[code];
}

/** A problem document, RFC 9457 §3.1, with our extension members. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  /** Stable; what programs branch on. */
  code: ErrorCode;
  /** For people. Never contains what the client sent. */
  detail: string;
  /** Where in the input the fault lies. */
  at?: string;
  requestId: string;
  [detail: string]: string | number | boolean | undefined;
}

/** What a problem is made from: a `LogError`, or one that has travelled as an `ItemError`. */
export interface ProblemSource {
  code: ErrorCode;
  message: string;
  at?: string | undefined;
  retryAfter?: number | undefined;
  details?: Record<string, string | number | boolean> | undefined;
}

/**
 * Builds the problem document. What lies behind a 500 is for the server's log, so its message is replaced.
 * `status` overrides the code's own where HTTP has a finer one (408, 421, 431).
 */
export function problemOf(error: ProblemSource, requestId: string, status: number = statusOf(error.code)): Problem {
  const problem: Problem = {
    ...error.details,
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: error.code,
    detail: status === 500 ? INTERNAL_DETAIL[error.code === 'corrupt' ? 'corrupt' : 'internal'] : error.message,
    requestId,
  };
  if (error.at !== undefined) problem.at = error.at;
  return problem;
}

const INTERNAL_DETAIL = {
  corrupt: 'what is stored contradicts itself; it is not served, and the operator must look at the log of this request',
  internal: 'the server failed; the operator finds the cause in the log of this request',
};

/** Headers that every problem has. An error is never cached, whatever the good answer would have allowed. */
export function problemHeaders(requestId: string, error?: ProblemSource): Record<string, string> {
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Access-Control-Allow-Origin': '*',
    'X-Request-Id': requestId,
  };
  if (error === undefined) return headers;
  const status = statusOf(error.code);
  const retryAfter = error.retryAfter ?? (status === 503 ? DEFAULT_RETRY_SECONDS : undefined);
  if (retryAfter !== undefined) headers['Retry-After'] = String(Math.max(1, Math.ceil(retryAfter)));
  // RFC 9110 §11.6.1, RFC 6750 §3.
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer realm="countersign"';
  if (status === 405 && error.details?.allow !== undefined) headers.Allow = String(error.details.allow);
  return headers;
}

const DEFAULT_RETRY_SECONDS = 5;

/** The answer to a failed request. */
export function problemResponse(error: ProblemSource, requestId: string, status?: number): Response {
  const problem = problemOf(error, requestId, status);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: problemHeaders(requestId, error),
  });
}

/** Whatever was thrown, as an error of the vocabulary: what is not a `LogError` is the server's own fault. */
export function toLogError(thrown: unknown): LogError {
  if (isLogError(thrown)) return thrown;
  return new LogError('internal', 'an unexpected error', { cause: thrown });
}
