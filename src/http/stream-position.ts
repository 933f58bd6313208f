/** Where a stream begins: what its URL or the reader's `Last-Event-ID` says. */
import { z } from '@hono/zod-openapi';
import { LogError } from '../core/errors.ts';
import { decimal, readQuery } from './parameters.ts';
import { type AppContext, stateOf } from './request-state.ts';

const position = decimal('Position of the first event; 0 is the beginning.', { example: 0 });

/** Query of everything that begins at a position. */
export const positionQuery = z.strictObject({ from: position.optional() });

export const streamRequest = {
  query: positionQuery,
  headers: z.object({
    'last-event-id': z
      .string()
      .regex(/^(?:0|[1-9][0-9]{0,15})?$/)
      .optional()
      .openapi({ description: 'Id of the last event.' }),
  }),
};

/** An event of a stream. What a description of `text/event-stream` says holds for each. */
export function streamEvent<const Names extends readonly [string, ...string[]]>(names: Names, data: string) {
  return z.object({
    event: z.enum(names),
    data: z.string().openapi({ description: data }),
    id: z.string().optional().openapi({ description: 'Position to go on from.' }),
  });
}

/**
 * A client that reconnects says by the header where it was; its URL still says where it began.
 * @throws LogError malformed_request
 */
export function streamStart(c: AppContext): number {
  const { from: asked = 0 } = readQuery(c, positionQuery);
  const header = stateOf(c).header('last-event-id');
  if (header === undefined || header === '') return asked;
  const read = position.safeParse(header);
  if (read.success) return read.data;
  throw new LogError('malformed_request', 'Last-Event-ID is not one of this stream', { at: 'last-event-id' });
}
