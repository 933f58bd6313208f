/** Errors as Rekor v2 words them: the status of a remote call, `{"code", "message", "details"}` (google.rpc.Status). */
import { frozenLogResponse } from '../frozen-log.ts';
import { type ProblemSource, problemHeaders, problemOf, statusOf } from '../problem.ts';

/** Codes of gRPC by HTTP status; whatever else is 4xx is an invalid argument. */
const RPC_CODES: Readonly<Record<number, number>> = {
  401: 16, // unauthenticated
  403: 7, // permission denied
  404: 5, // not found
  405: 12, // unimplemented
  408: 4, // deadline exceeded
  429: 8, // resource exhausted
  500: 13, // internal
  503: 14, // unavailable
};
const INVALID_ARGUMENT = 3;

/** The answer to a failed request. A body that is too large keeps the status that says so. */
export function rekorV2Error(error: ProblemSource, requestId: string, status = statusOf(error.code)): Response {
  if (error.code === 'log_frozen') return frozenLogResponse(requestId, 'OPTIONS');
  // What can be read and does not verify is an invalid argument like any other.
  const { status: http, detail, at } = problemOf(error, requestId, status === 422 ? 400 : status);
  const message = at ? `${detail} (at ${at})` : detail;
  const body = { code: RPC_CODES[http] ?? INVALID_ARGUMENT, message, details: [] };
  const headers = { ...problemHeaders(requestId, error), 'Content-Type': 'application/json' };
  return new Response(JSON.stringify(body), { status: http, headers });
}
