/** RFC 9457 problem documents, as a log answers them, into errors of the vocabulary. */
import { type ErrorCode, LogError, type LogErrorOptions } from '../core/errors.ts';

/** What a log may say of a request. Its own start and the verdicts of verifiers are none of its answers. */
const ANSWERED = new Set<string>([
  'malformed_json',
  'malformed_msgpack',
  'malformed_base64',
  'malformed_hex',
  'malformed_submission',
  'malformed_envelope',
  'malformed_statement',
  'malformed_bundle',
  'malformed_key',
  'malformed_certificate',
  'malformed_signature',
  'malformed_request',
  'unsupported_payload_type',
  'unsupported_key',
  'limit_exceeded',
  'private_key_submitted',
  'secret_submitted',
  'signature_invalid',
  'key_missing',
  'certificate_rejected',
  'unsupported_media_type',
  'body_too_large',
  'uri_too_long',
  'route_unknown',
  'not_enabled',
  'method_not_allowed',
  'unauthorized',
  'forbidden',
  'rate_limited',
  'not_found',
  'not_yet_published',
  'payload_absent',
  'payload_erased',
  'pool_full',
  'storage_full',
  'clock_regressed',
  'anchor_unwritable',
  'index_rebuilding',
  'reads_only',
  'log_frozen',
  'halted',
] satisfies ErrorCode[]);

/**
 * The error that a problem document states. A code that no answer should carry, and any corruption or defect of the
 * server, becomes `answer_unexpected`: nothing was learnt about what was asked.
 * @param retryAfter seconds of a Retry-After header, where there was one
 */
export function errorOfProblem(problem: unknown, status: number, retryAfter?: number): LogError {
  const { code, detail, title, at, retryAfter: stated } = (isObject(problem) ? problem : {}) as Record<string, unknown>;
  const options: LogErrorOptions = { details: { status } };
  const wait = retryAfter ?? (typeof stated === 'number' && stated >= 0 ? stated : undefined);
  if (wait !== undefined) options.retryAfter = wait;
  if (typeof at === 'string') options.at = oneLine(at);
  const text = typeof detail === 'string' ? detail : typeof title === 'string' ? title : undefined;
  const said = text === undefined ? '' : `: ${oneLine(text)}`;
  if (typeof code === 'string' && ANSWERED.has(code)) {
    return new LogError(code as ErrorCode, text === undefined ? `the log answered ${status}` : oneLine(text), options);
  }
  if (status === 404) return new LogError('route_unknown', `there is no such resource at this URL${said}`, options);
  if (status === 401) return new LogError('unauthorized', `the log asks for a token${said}`, options);
  if (status === 403) return new LogError('forbidden', `the log does not accept this${said}`, options);
  if (status === 429) return new LogError('rate_limited', `the log asks to slow down${said}`, options);
  if (status === 502 || status === 503 || status === 504) {
    return new LogError('unreachable', `the log is not available (${status})${said}`, options);
  }
  return new LogError('answer_unexpected', `the log answered ${status}${said}`, options);
}

/** The log's words are somebody else's text: one line, no control characters, bounded. */
function oneLine(text: string): string {
  return text
    .slice(0, 500)
    .replace(/\p{C}+/gu, ' ')
    .trim();
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
