/**
 * The project's only error vocabulary. Every failure that a caller can meet has one of these codes; the code is
 * mapped once to an HTTP status (`http/problem.ts`) and once to an exit code (`cli/exit.ts`), both of which must
 * name every code to compile.
 */
export type ErrorCode =
  // What was handed in cannot be read.
  | 'malformed_json'
  | 'malformed_msgpack'
  | 'malformed_base64'
  | 'malformed_hex'
  | 'malformed_submission'
  | 'malformed_envelope'
  | 'malformed_statement'
  | 'malformed_control'
  | 'malformed_bundle'
  | 'malformed_evidence'
  | 'malformed_key'
  | 'malformed_certificate'
  | 'malformed_signature'
  | 'malformed_leaf'
  | 'malformed_note'
  | 'malformed_checkpoint'
  | 'malformed_proof'
  | 'malformed_tile'
  | 'malformed_request'
  | 'malformed_trusted_root'
  | 'policy_invalid'
  // It can be read, and is not accepted.
  | 'unsupported_payload_type'
  | 'unsupported_key'
  | 'limit_exceeded'
  | 'private_key_submitted'
  | 'secret_submitted'
  | 'signature_invalid'
  | 'key_missing'
  | 'certificate_rejected'
  // HTTP and admission.
  | 'unsupported_media_type'
  | 'body_too_large'
  | 'uri_too_long'
  | 'route_unknown'
  | 'not_enabled'
  | 'method_not_allowed'
  | 'unauthorized'
  | 'forbidden'
  | 'rate_limited'
  // What was asked for is not there.
  | 'not_found'
  | 'not_yet_published'
  | 'payload_absent'
  | 'payload_erased'
  // The log cannot write, or not now.
  | 'pool_full'
  | 'storage_full'
  | 'clock_regressed'
  | 'anchor_unwritable'
  | 'index_rebuilding'
  | 'reads_only'
  | 'log_frozen'
  | 'halted'
  // What is stored contradicts itself. Never caused by input.
  | 'corrupt'
  | 'internal'
  // The server refuses to start.
  | 'config_invalid'
  | 'log_missing'
  | 'log_exists'
  | 'wrong_key'
  | 'wrong_origin'
  | 'rolled_back'
  | 'anchor_foreign'
  | 'anchor_missing'
  | 'schema_unknown'
  | 'storage_unsafe'
  | 'already_running'
  | 'admission_missing'
  | 'driver_missing'
  | 'address_in_use'
  // A verifier's verdicts.
  | 'proof_invalid'
  | 'checkpoint_unverified'
  | 'artifact_mismatch'
  | 'signer_mismatch'
  | 'time_unproven'
  | 'identity_unjudged'
  | 'log_misbehaved'
  | 'not_logged'
  | 'gate_closed'
  | 'evidence_expired'
  | 'evidence_incomplete'
  // The command line.
  | 'usage'
  | 'file_unreadable'
  | 'unreachable'
  | 'answer_unexpected'
  | 'interrupted';

export interface LogErrorOptions {
  cause?: unknown;
  /** Where in the input the fault lies: a JSON pointer, a byte offset, a field. Never the faulty content itself. */
  at?: string;
  /** Seconds after which asking again may succeed; becomes `Retry-After`. */
  retryAfter?: number;
  /** Further members of the problem document; must be safe to show to anyone. */
  details?: Record<string, string | number | boolean>;
}

/** The error that every layer throws. `message` is for people and never echoes untrusted input. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: ErrorCode;
  readonly at: string | undefined;
  readonly retryAfter: number | undefined;
  readonly details: Record<string, string | number | boolean> | undefined;

  constructor(code: ErrorCode, message: string, options: LogErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.at = options.at;
    this.retryAfter = options.retryAfter;
    this.details = options.details;
  }
}

/** True for a `LogError`, of one of the given codes if any are given. */
export function isLogError(error: unknown, ...codes: ErrorCode[]): error is LogError {
  return error instanceof LogError && (codes.length === 0 || codes.includes(error.code));
}
