/**
 * Exit codes. A script must be able to tell "false" from "could not tell" from "the log lies"; a check that could not
 * be made is never a success. README documents this table.
 */
import { type ErrorCode, isLogError } from '../core/errors.ts';

export const EXIT = {
  /** Verified, or done. */
  done: 0,
  /** What was checked is wrong, or was refused. */
  failed: 1,
  /** Wrong usage, configuration or file. */
  usage: 2,
  /** Could not tell: the network, the server, something that cannot be judged. */
  unknown: 3,
  /** The log contradicts itself; the evidence was written to a file. */
  misbehaviour: 4,
  /** Not in the log, or not yet. */
  notLogged: 5,
  /** A server stopped by itself because going on was not safe (sysexits.h EX_SOFTWARE). */
  failStop: 70,
  /** A server refuses to start (sysexits.h EX_CONFIG). */
  refusedToStart: 78,
  /** Interrupted (128 + SIGINT). */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF_CODE = {
  malformed_json: EXIT.failed,
  malformed_msgpack: EXIT.failed,
  malformed_base64: EXIT.failed,
  malformed_hex: EXIT.failed,
  malformed_submission: EXIT.failed,
  malformed_envelope: EXIT.failed,
  malformed_statement: EXIT.failed,
  malformed_control: EXIT.failed,
  malformed_bundle: EXIT.failed,
  malformed_evidence: EXIT.failed,
  malformed_key: EXIT.failed,
  malformed_certificate: EXIT.failed,
  malformed_signature: EXIT.failed,
  malformed_leaf: EXIT.failed,
  malformed_note: EXIT.failed,
  malformed_checkpoint: EXIT.failed,
  malformed_proof: EXIT.failed,
  malformed_tile: EXIT.failed,
  malformed_request: EXIT.failed,
  malformed_trusted_root: EXIT.usage,
  policy_invalid: EXIT.usage,
  unsupported_payload_type: EXIT.failed,
  unsupported_key: EXIT.failed,
  limit_exceeded: EXIT.failed,
  private_key_submitted: EXIT.failed,
  secret_submitted: EXIT.failed,
  signature_invalid: EXIT.failed,
  key_missing: EXIT.failed,
  certificate_rejected: EXIT.failed,
  unsupported_media_type: EXIT.unknown,
  body_too_large: EXIT.failed,
  uri_too_long: EXIT.unknown,
  route_unknown: EXIT.unknown,
  not_enabled: EXIT.unknown,
  method_not_allowed: EXIT.unknown,
  unauthorized: EXIT.usage,
  forbidden: EXIT.usage,
  rate_limited: EXIT.unknown,
  not_found: EXIT.notLogged,
  not_yet_published: EXIT.notLogged,
  payload_absent: EXIT.notLogged,
  payload_erased: EXIT.failed,
  pool_full: EXIT.unknown,
  storage_full: EXIT.unknown,
  clock_regressed: EXIT.unknown,
  anchor_unwritable: EXIT.unknown,
  index_rebuilding: EXIT.unknown,
  reads_only: EXIT.unknown,
  log_frozen: EXIT.failed,
  halted: EXIT.unknown,
  corrupt: EXIT.failed,
  internal: EXIT.failStop,
  config_invalid: EXIT.refusedToStart,
  log_missing: EXIT.refusedToStart,
  log_exists: EXIT.refusedToStart,
  wrong_key: EXIT.refusedToStart,
  wrong_origin: EXIT.refusedToStart,
  rolled_back: EXIT.refusedToStart,
  anchor_foreign: EXIT.refusedToStart,
  anchor_missing: EXIT.refusedToStart,
  schema_unknown: EXIT.refusedToStart,
  storage_unsafe: EXIT.refusedToStart,
  already_running: EXIT.refusedToStart,
  admission_missing: EXIT.refusedToStart,
  driver_missing: EXIT.refusedToStart,
  address_in_use: EXIT.refusedToStart,
  proof_invalid: EXIT.failed,
  checkpoint_unverified: EXIT.failed,
  artifact_mismatch: EXIT.failed,
  signer_mismatch: EXIT.failed,
  time_unproven: EXIT.failed,
  identity_unjudged: EXIT.unknown,
  log_misbehaved: EXIT.misbehaviour,
  not_logged: EXIT.notLogged,
  gate_closed: EXIT.failed,
  evidence_expired: EXIT.failed,
  evidence_incomplete: EXIT.unknown,
  usage: EXIT.usage,
  file_unreadable: EXIT.usage,
  unreachable: EXIT.unknown,
  answer_unexpected: EXIT.unknown,
  interrupted: EXIT.interrupted,
} satisfies Record<ErrorCode, ExitCode>;

/** The exit code for an error of the vocabulary. */
export function exitOfCode(code: ErrorCode): ExitCode {
  return EXIT_OF_CODE[code];
}

/** The exit code for whatever was thrown; what is not a `LogError` is a defect of this program. */
export function exitOf(error: unknown): ExitCode {
  return isLogError(error) ? EXIT_OF_CODE[error.code] : EXIT.failStop;
}

const WORST_FIRST: readonly ExitCode[] = [
  EXIT.interrupted,
  EXIT.misbehaviour,
  EXIT.failStop,
  EXIT.refusedToStart,
  EXIT.failed,
  EXIT.unknown,
  EXIT.notLogged,
  EXIT.usage,
  EXIT.done,
];

/** Of several results, the code that a script must hear of first. */
export function worseExit(a: ExitCode, b: ExitCode): ExitCode {
  return WORST_FIRST.indexOf(a) < WORST_FIRST.indexOf(b) ? a : b;
}
