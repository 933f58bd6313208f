/** The body of a write: its declared type, its size, its bytes. */
import { IncomingMessage } from 'node:http';
import { LogError } from '../core/errors.ts';
import type { RequestState } from './request-state.ts';

/**
 * The media type of a request, without parameters, in lower case; empty where it is left out.
 * @throws LogError unsupported_media_type where it is none of `accepted`, or the body is compressed
 */
export function requireMediaType<T extends string>(header: RequestState['header'], accepted: readonly T[]): T {
  // A few bytes can inflate to gigabytes; nothing that submits attestations needs it.
  if (header('content-encoding') !== undefined) {
    throw new LogError('unsupported_media_type', 'send the body without Content-Encoding', { at: 'content-encoding' });
  }
  const value = header('content-type') ?? '';
  const end = value.indexOf(';');
  const essence = (end === -1 ? value : value.slice(0, end)).trim().toLowerCase();
  const type = accepted.find((candidate) => candidate === essence);
  if (type !== undefined) return type;
  throw new LogError('unsupported_media_type', `send the body as ${accepted.filter(Boolean).join(' or ')}`, {
    at: 'content-type',
  });
}

/**
 * The declared length of a body, or undefined where it is sent in chunks.
 * @throws LogError body_too_large before a byte of the body is read
 */
export function declaredLength(header: RequestState['header'], limit: number): number | undefined {
  const text = header('content-length');
  if (text === undefined) return undefined;
  if (!/^\d{1,16}$/.test(text))
    throw new LogError('malformed_request', 'Content-Length is not a number', { at: 'content-length' });
  const length = Number(text);
  if (length > limit) throw tooLarge(limit);
  return length;
}

/**
 * Reads a whole body into a buffer of exactly its size, which nothing else refers to: it may be transferred.
 * @param incoming the request as the parser delivers it, where there is a socket
 * @throws LogError body_too_large as soon as the count passes the limit; malformed_request where the body ends early
 */
export async function readBody(
  request: Request,
  incoming: IncomingMessage | undefined,
  declared: number | undefined,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const isParsed = incoming instanceof IncomingMessage;
    if (declared === undefined) return await (isParsed ? readUndeclared(incoming, limit) : readCounted(request, limit));
    // The parser delivers no more than what was declared.
    if (isParsed) return await readDeclared(incoming, declared);
    const body = new Uint8Array(await request.arrayBuffer());
    if (body.length > limit) throw tooLarge(limit);
    return body;
  } catch (error) {
    if (error instanceof LogError) throw error;
    throw new LogError('malformed_request', 'the body ended before it was complete', { cause: error });
  }
}

/** Without the stream of the Web around Node's own, which costs a small request more than parsing it. */
function readDeclared(incoming: IncomingMessage, length: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    if (length === 0) return resolve(new Uint8Array(0));
    let body: Uint8Array<ArrayBuffer> | undefined;
    let filled = 0;
    incoming.on('data', (chunk: Buffer<ArrayBuffer>) => {
      // Nearly every submission arrives in one piece, which the parser has copied out of the socket's memory already.
      if (chunk.length === length && chunk.buffer.byteLength === length) {
        filled = length;
        resolve(new Uint8Array(chunk.buffer));
        return;
      }
      body ??= new Uint8Array(length);
      body.set(chunk, filled);
      filled += chunk.length;
      if (filled === length) resolve(body);
    });
    // Emitted after every request, whole or not.
    incoming.once('close', () => {
      if (filled < length) reject(incoming.errored ?? new Error('the connection was closed'));
    });
  });
}

/** Without that stream here too: cancelling it would end the connection, while the sender counts on it. */
function readUndeclared(incoming: IncomingMessage, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    incoming.on('data', function take(chunk: Buffer) {
      length += chunk.length;
      if (length <= limit) {
        chunks.push(chunk);
        return;
      }
      // What still comes is the listener's to discard.
      incoming.off('data', take);
      reject(tooLarge(limit));
    });
    incoming.once('end', () => resolve(joined(chunks, length)));
    incoming.once('close', () => reject(incoming.errored ?? new Error('the connection was closed')));
  });
}

async function readCounted(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      // Not awaited: cancelling waits for a sender that may never stop.
      reader.cancel().catch(() => undefined);
      throw tooLarge(limit);
    }
    chunks.push(value);
  }
  return joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

function tooLarge(limit: number): LogError {
  return new LogError('body_too_large', `the body is larger than ${limit} bytes`, { details: { limit } });
}
