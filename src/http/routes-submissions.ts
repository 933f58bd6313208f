/** Writes: one submission, or a batch of them. The body goes to the log unparsed; the answer is the proof. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { Packr } from 'msgpackr';
import { LogError } from '../core/errors.ts';
import { fromItemError } from '../log/item-error.ts';
import type { ItemOutcome, Log, SubmissionRequest } from '../log/log.ts';
import type { Admission } from './admission.ts';
import { outcomeJson, outcomeLines, receiptText } from './answers.ts';
import { declaredLength, readBody, requireMediaType } from './body.ts';
import type { Clock } from './clock.ts';
import type { HttpConfig } from './config.ts';
import type { Limits } from './limits.ts';
import { statusOf } from './problem.ts';
import { type AppContext, type AppEnv, type RequestState, stateOf } from './request-state.ts';
import { CACHE, respond } from './respond.ts';
import { content, describeRoute, mount } from './route.ts';
import { batchResult, receipt, submission } from './schema.ts';
import type { AppendResult, Telemetry } from './telemetry.ts';

/** Items of one batch; the machine counts them. */
export const BATCH_ITEMS = 1_000;

const JSON_TYPES = ['application/json'] as const;
const NDJSON = 'application/x-ndjson';
const BATCH_TYPES = [NDJSON, 'application/msgpack', 'application/vnd.msgpack'] as const;

const ndjsonBody = z.string().openapi({
  description: 'One submission a line.',
  example: '{"envelope":{…},"publicKey":"…"}\n{"artifact":{…},"signature":"…","publicKey":"…"}\n',
});
const ndjsonAnswer = z.string().openapi({ description: 'One result a line, in the order of the items.' });

const one = describeRoute({
  method: 'post',
  path: '/v1/entries',
  operationId: 'submitEntry',
  tag: 'entries',
  summary: 'Log a signed statement or a signing event; the answer proves its inclusion',
  description: 'Submitting the same again is not an error: the answer has the same index and the same proof.',
  secured: true,
  request: { body: { required: true, content: { 'application/json': { schema: submission } } } },
  responses: {
    200: content('It was in the log already.', 'application/json', receipt, 'Location'),
    201: content('Logged.', 'application/json', receipt, 'Location'),
  },
  problems: [401, 403, 413, 415, 422, 503],
});

const batch = describeRoute({
  method: 'post',
  path: '/v1/entries:batch',
  operationId: 'submitBatch',
  tag: 'entries',
  summary: 'Log up to 1,000 submissions',
  description: 'Each item succeeds or fails by itself; its result is a receipt or `{"error": <problem>}`.',
  secured: true,
  request: {
    body: {
      required: true,
      content: {
        [NDJSON]: { schema: ndjsonBody },
        'application/msgpack': { schema: z.array(submission).min(1).max(BATCH_ITEMS) },
        'application/vnd.msgpack': { schema: z.array(submission).min(1).max(BATCH_ITEMS) },
      },
    },
  },
  responses: {
    200: {
      ...content('As many results as items, in their order, encoded as the request was.', NDJSON, ndjsonAnswer),
      content: {
        [NDJSON]: { schema: ndjsonAnswer },
        'application/msgpack': { schema: z.array(batchResult) },
        'application/vnd.msgpack': { schema: z.array(batchResult) },
      },
    },
  },
  problems: [401, 413, 415, 503],
});

export const submissionRoutes = [one, batch];

export interface SubmissionOptions {
  log: Log;
  admission: Admission;
  limits: Limits;
  sizes: HttpConfig['limits'];
  telemetry: Telemetry;
  clock: Clock;
}

export function mountSubmissionRoutes(app: Hono<AppEnv>, options: SubmissionOptions): void {
  mount(app, one, async function submitEntry(c) {
    const state = stateOf(c);
    const [outcome] = await submit(c, options, JSON_TYPES, options.sizes.entryBytes, () => 'json');
    if (outcome?.receipt === undefined) throw new LogError('internal', 'the log returned no receipt');
    // Being ASCII, it is copied as it is, where a text would be measured and encoded.
    return respond(state, Buffer.from(receiptText(outcome.receipt), 'latin1'), {
      status: outcome.receipt.duplicate ? 200 : 201,
      type: 'application/json',
      cache: CACHE.never,
      headers: { Location: `/v1/entries/${outcome.receipt.index}` },
    });
  });

  mount(app, batch, async function submitBatch(c) {
    const state = stateOf(c);
    let type: string = NDJSON;
    const outcomes = await submit(c, options, BATCH_TYPES, options.sizes.batchBytes, (mediaType) => {
      type = mediaType;
      return mediaType === NDJSON ? 'ndjson' : 'msgpack';
    });
    return respond(state, encodeOutcomes(outcomes, type, state.id), { type, cache: CACHE.never });
  });
}

/** Plain maps, as other languages read them, instead of msgpackr's record extension. */
const packr = new Packr({ useRecords: false, variableMapSize: true });

function encodeOutcomes(outcomes: ItemOutcome[], type: string, requestId: string): Uint8Array<ArrayBuffer> {
  if (type !== NDJSON) {
    return new Uint8Array(packr.pack(outcomes.map((outcome) => outcomeJson(outcome, requestId))));
  }
  return outcomeLines(outcomes, requestId);
}

/**
 * Admits a write, bounds it, reads it, and hands it over. Whoever is told 5xx is not charged for it.
 * @throws LogError
 */
async function submit<T extends string>(
  c: AppContext,
  { log, admission, limits, telemetry, clock }: SubmissionOptions,
  types: readonly T[],
  limit: number,
  formatOf: (mediaType: T) => SubmissionRequest['format'],
): Promise<ItemOutcome[]> {
  const state = stateOf(c);
  const { header } = state;
  const admitted = admit(admission, state);
  const { client } = state;
  if (admitted instanceof LogError) {
    charge(limits.writes.take(client, 1));
    throw admitted;
  }
  const format = formatOf(requireMediaType(header, types));
  const declared = declaredLength(header, limit);
  const reserved = declared ?? limit;

  charge(limits.writes.take(client, 1));
  let bytes = 0;
  try {
    if (declared !== undefined) {
      charge(limits.writeBytes.take(client, declared));
      bytes = declared;
    }
    if (!limits.bodies.reserve(reserved)) {
      throw new LogError('pool_full', 'the server holds as many requests as it has memory for', { retryAfter: 1 });
    }
    try {
      const body = await readBody(c.req.raw, c.env.incoming, declared, limit);
      if (declared === undefined) {
        charge(limits.writeBytes.take(client, body.length));
        bytes = body.length;
      }
      const started = clock.monotonic();
      const outcomes = await log.submit({ format, body, admitted });
      telemetry.appendWaited((clock.monotonic() - started) / 1000);
      count(telemetry, outcomes);
      const [only] = outcomes;
      // Thrown here, where what the server failed is not charged.
      if (format === 'json' && only?.error !== undefined) throw fromItemError(only.error);
      if (outcomes.some(({ error }) => error?.code === 'corrupt')) telemetry.selfCheckFailed();
      return outcomes;
    } finally {
      limits.bodies.release(reserved);
    }
  } catch (error) {
    if (!(error instanceof LogError) || statusOf(error.code) >= 500) {
      limits.writes.refund(client, 1);
      limits.writeBytes.refund(client, bytes);
    }
    throw error;
  }
}

/** A refusal is returned, so that the attempt can be charged to the address it came from. */
function admit(admission: Admission, state: RequestState): boolean | LogError {
  try {
    const { admitted, token } = admission(state.header('authorization'));
    if (token !== undefined) state.client = `token:${token}`;
    return admitted;
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
}

function charge(waitSeconds: number): void {
  if (waitSeconds === 0) return;
  throw new LogError('rate_limited', 'this client has used up its quota of writes', { retryAfter: waitSeconds });
}

function count(telemetry: Telemetry, outcomes: ItemOutcome[]): void {
  const counts: Partial<Record<AppendResult, number>> = {};
  for (const { receipt, error } of outcomes) {
    const result =
      receipt === undefined
        ? statusOf(error.code) >= 500
          ? 'failed'
          : 'refused'
        : receipt.duplicate
          ? 'duplicate'
          : 'logged';
    counts[result] = (counts[result] ?? 0) + 1;
  }
  for (const result in counts) telemetry.appended(result as AppendResult, counts[result as AppendResult]!);
}
