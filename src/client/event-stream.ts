/** Reads a log's server-sent events (WHATWG HTML §9.2), whose data are JSON. */
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { LogError } from '../core/errors.ts';
import { readJson } from './answer.ts';
import type { RequestOptions } from './transport.ts';

/** Characters of one message: a page of the largest control statements, with what names them. */
const LONGEST_MESSAGE = 64 * 1024 * 1024;

/**
 * The events of a stream until it ends. Ends too where the signal is aborted.
 * @throws LogError unreachable where the stream breaks; answer_unexpected
 */
export async function* eventsOf(
  stream: ReadableStream<Uint8Array>,
  { signal }: RequestOptions,
): AsyncGenerator<{ event: string | undefined; data: unknown }> {
  const events = stream
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .pipeThrough(new EventSourceParserStream({ maxBufferSize: LONGEST_MESSAGE }))
    .getReader();
  const stop = () => void events.cancel().catch(() => undefined);
  signal?.addEventListener('abort', stop);
  try {
    for (;;) {
      const { value, done } = await read(events);
      if (done) return;
      yield { event: value.event, data: readJson(new TextEncoder().encode(value.data)) };
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    await events.cancel().catch(() => undefined);
  }
}

async function read<T>(reader: ReadableStreamDefaultReader<T>) {
  try {
    return await reader.read();
  } catch (cause) {
    throw new LogError('unreachable', 'the stream broke', { cause });
  }
}
