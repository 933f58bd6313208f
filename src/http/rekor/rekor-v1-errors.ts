/** Errors as Rekor v1 words them: `{"code": <HTTP status>, "message"}`. */
import { frozenLogResponse } from '../frozen-log.ts';
import { type ProblemSource, problemHeaders, problemOf, statusOf } from '../problem.ts';

/** The answer to a failed request. What does not verify is 400 there, as whatever else is wrong with a request. */
export function rekorV1Error(error: ProblemSource, requestId: string, status = rekorStatusOf(error)): Response {
  if (error.code === 'log_frozen') return frozenLogResponse(requestId, 'GET, HEAD, OPTIONS');
  const { detail, at } = problemOf(error, requestId, status);
  const message = at ? `${detail} (at ${at})` : detail;
  const headers = { ...problemHeaders(requestId, error), 'Content-Type': 'application/json' };
  return new Response(JSON.stringify({ code: status, message }), { status, headers });
}

function rekorStatusOf({ code }: ProblemSource): number {
  const status = statusOf(code);
  return status === 422 ? 400 : status;
}
