/** Good answers. Headers are plain objects, which the Node adapter writes without building a `Headers` from them. */
import type { RequestState } from './request-state.ts';

/** `Cache-Control` by how long an answer stays true. */
export const CACHE = {
  /** A fact about a fixed size or index: it never changes. */
  forever: 'public, max-age=31536000, immutable',
  /** The newest state, which may be a second old. */
  newest: 'public, max-age=1',
  /** Ask again. */
  revalidate: 'no-cache',
  never: 'no-store',
} as const;

interface Answer {
  status?: number;
  cache: string;
  type: string;
  headers?: Record<string, string>;
}

/** Any body. Everything that the log serves is public, so that every origin may read it. */
export function respond(
  state: RequestState,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null,
  answer: Answer,
): Response {
  return new Response(body, {
    status: answer.status ?? 200,
    headers: {
      'Content-Type': answer.type,
      'Cache-Control': answer.cache,
      'X-Content-Type-Options': 'nosniff',
      'Access-Control-Allow-Origin': '*',
      'X-Request-Id': state.id,
      ...answer.headers,
    },
  });
}

export function respondJson(state: RequestState, value: unknown, cache: string): Response {
  return respond(state, JSON.stringify(value), { type: 'application/json', cache });
}

/** Stored bytes as a body. A view into a larger buffer is fine; memory shared between threads is copied. */
export function bodyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

/** If-None-Match, RFC 9110 §13.1.2. */
export function matchesETag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((candidate) => {
    const tag = candidate.trim();
    return tag === '*' || tag === etag || tag === `W/${etag}`;
  });
}
