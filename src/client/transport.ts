/** Requests to a log: bounded answers, time limits, and trying again where that is safe and useful. */
import { concat } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { errorOfProblem } from './problem.ts';

export interface RetryOptions {
  /** Attempts altogether; 1 means never again. Default 4. */
  attempts?: number;
  /** Milliseconds before the second attempt, doubled for each further one and jittered. Default 250. */
  delay?: number;
  /** Milliseconds that are waited at most; a log that asks for more is not asked again. Default 30,000. */
  maxDelay?: number;
}

export interface TransportOptions {
  /** Where the log is, with any path prefix. */
  url: string | URL;
  /** Default: the global `fetch`. */
  fetch?: typeof fetch;
  retry?: RetryOptions;
  /** Milliseconds for one attempt. Default 30,000, above any log's own deadline. */
  timeout?: number;
  /** Sent with every request, `authorization` for example. */
  headers?: Record<string, string>;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
}

export interface TransportRequest extends RequestOptions {
  method?: 'GET' | 'POST';
  body?: Uint8Array<ArrayBuffer>;
  contentType?: string;
  accept?: string;
  /** Bytes of answer that are read at most. */
  limit: number;
}

export interface TransportAnswer {
  status: number;
  body: Uint8Array;
}

const DEFAULTS = { attempts: 4, delay: 250, maxDelay: 30_000, timeout: 30_000 };

/** Every request here may be repeated: reads change nothing, and submitting again yields the same entry. */
export class Transport {
  readonly url: URL;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.url = baseUrl(options.url);
    this.#options = options;
  }

  /**
   * Asks for a path below the log's URL.
   * @throws LogError what the log answered; unreachable where no answer came; answer_unexpected where it is too large
   */
  async request(path: string, request: TransportRequest): Promise<TransportAnswer> {
    const { attempts, delay, maxDelay } = { ...DEFAULTS, ...this.#options.retry };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(path, request);
      } catch (error) {
        if (request.signal?.aborted) throw request.signal.reason;
        if (attempt >= attempts || !mayPass(error)) throw error;
        const backoff = Math.min(maxDelay, delay * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
        const wait = Math.max(backoff, (error.retryAfter ?? 0) * 1000);
        if (wait > maxDelay) throw error;
        await pause(wait, request.signal);
      }
    }
  }

  /**
   * An answer that goes on for as long as both sides want. Only its beginning has a time limit, and nothing is repeated.
   * @throws LogError as `request`
   */
  async stream(path: string, { signal }: RequestOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const begun = new AbortController();
    const timer = setTimeout(() => begun.abort(), this.#options.timeout ?? DEFAULTS.timeout);
    const headers = { ...this.#options.headers, accept: 'text/event-stream' };
    const any = signal === undefined ? begun.signal : AbortSignal.any([begun.signal, signal]);
    try {
      const url = new URL(path, this.url);
      const response = await (this.#options.fetch ?? fetch)(url, { headers, signal: any, redirect: 'error' });
      if (response.ok && response.body !== null) return response.body;
      const problem = parseProblem(await readBounded(response, PROBLEM_LIMIT));
      throw errorOfProblem(problem, response.status, retryAfterOf(response));
    } catch (cause) {
      if (isLogError(cause)) throw cause;
      if (signal?.aborted) throw signal.reason;
      const reason = begun.signal.aborted ? 'it did not answer in time' : 'the connection failed';
      throw new LogError('unreachable', `the log at ${this.url.origin} cannot be reached: ${reason}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  async #attempt(path: string, request: TransportRequest): Promise<TransportAnswer> {
    const timeout = AbortSignal.timeout(this.#options.timeout ?? DEFAULTS.timeout);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
    const headers: Record<string, string> = { ...this.#options.headers };
    if (request.accept !== undefined) headers.accept = request.accept;
    if (request.contentType !== undefined) headers['content-type'] = request.contentType;
    const init: RequestInit = { method: request.method ?? 'GET', headers, signal, redirect: 'error' };
    if (request.body !== undefined) init.body = request.body;
    let response: Response;
    let body: Uint8Array;
    try {
      response = await (this.#options.fetch ?? fetch)(new URL(path, this.url), init);
      body = await readBounded(response, response.ok ? request.limit : PROBLEM_LIMIT);
    } catch (cause) {
      if (isLogError(cause)) throw cause;
      if (request.signal?.aborted) throw request.signal.reason;
      const reason = timeout.aborted ? 'it did not answer in time' : 'the connection failed';
      throw new LogError('unreachable', `the log at ${this.url.origin} cannot be reached: ${reason}`, { cause });
    }
    if (response.ok) return { status: response.status, body };
    throw errorOfProblem(parseProblem(body), response.status, retryAfterOf(response));
  }
}

/** Bytes of a problem document that are read at most. */
const PROBLEM_LIMIT = 64 * 1024;

/** Whether the same request may succeed a little later. */
function mayPass(error: unknown): error is LogError {
  return (
    isLogError(error, 'unreachable', 'rate_limited', 'pool_full', 'index_rebuilding') ||
    (isLogError(error) && error.details?.status === 503 && error.retryAfter !== undefined)
  );
}

function baseUrl(url: string | URL): URL {
  let base: URL;
  try {
    base = new URL(url);
  } catch {
    throw new LogError('usage', 'the URL of the log is not a URL; write it with http:// or https://');
  }
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw new LogError('usage', 'the URL of the log must start with http:// or https://');
  }
  if (base.username !== '' || base.password !== '') {
    throw new LogError('usage', 'the URL of the log must not hold a user name or password; use a token');
  }
  base.search = '';
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

export async function readBounded(response: Response, limit: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(...parts);
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      if (!response.ok) return new Uint8Array(0);
      throw new LogError('answer_unexpected', `it answered with more than ${limit} bytes`);
    }
    parts.push(value);
  }
}

function parseProblem(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** Seconds; the header may hold a date instead (RFC 9110 §10.2.3). */
export function retryAfterOf(response: Response): number | undefined {
  const header = response.headers.get('retry-after');
  if (header === null) return undefined;
  if (/^[0-9]{1,9}$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

/** @throws the signal's reason where it is, or comes to be, aborted */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
