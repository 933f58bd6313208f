/** How a log that has ended refuses writes at the doors of Rekor: the words that its clients' operators know. */
import { problemHeaders } from './problem.ts';

const TEXT = 'This log has been frozen, please switch to the latest log.\n';

/**
 * 405 in plain text, as Rekor v2 answers.
 * @param allow the methods that remain at the path (RFC 9110 §15.5.6)
 */
export function frozenLogResponse(requestId: string, allow: string): Response {
  const headers = { ...problemHeaders(requestId), 'Content-Type': 'text/plain; charset=utf-8', Allow: allow };
  return new Response(TEXT, { status: 405, headers });
}
