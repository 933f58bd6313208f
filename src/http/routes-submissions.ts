/** Writes: one submission, or a batch of them. The body goes to the log unparsed; the answer is the proof. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { Packr } from 'msgpackr';
import type { ItemOutcome } from '../log/log.ts';
import { outcomeJson, outcomeLines, proofText, receiptText } from './answers.ts';
import { readQuery, submissionQuery } from './parameters.ts';
import { type AppEnv, stateOf } from './request-state.ts';
import { CACHE, respond } from './respond.ts';
import { content, describeRoute, mount } from './route.ts';
import { batchResult, receipt as receiptSchema, submission } from './schema.ts';
import { type SubmissionOptions, submit, submitOne } from './submit.ts';
import { requireWitnesses } from './witness/routes-witnessed.ts';

/** Items of one batch; the machine counts them. */
export const BATCH_ITEMS = 1_000;

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
  description:
    'Submitting the same again is not an error: the answer has the same index and the same proof. With `witnessed`, ' +
    'the answer waits for a checkpoint that witnesses have cosigned, and proves the entry in it too.',
  secured: true,
  request: {
    query: submissionQuery,
    body: { required: true, content: { 'application/json': { schema: submission } } },
  },
  responses: {
    200: content('It was in the log already.', 'application/json', receiptSchema, 'Location'),
    201: content('Logged.', 'application/json', receiptSchema, 'Location'),
  },
  problems: [401, 403, 410, 413, 415, 422, 501, 503],
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
  problems: [401, 410, 413, 415, 503],
});

export const submissionRoutes = [one, batch];

export function mountSubmissionRoutes(app: Hono<AppEnv>, options: SubmissionOptions): void {
  mount(app, one, async function submitEntry(c) {
    const state = stateOf(c);
    // Nearly always without a query, and then not looked at.
    const seconds = c.req.url.includes('?') ? readQuery(c, submissionQuery).witnessed : undefined;
    const witnesses = seconds === undefined ? undefined : requireWitnesses(options.witnessed);
    const receipt = await submitOne(c, options, 'json');
    let text = receiptText(receipt);
    if (witnesses !== undefined) {
      const covering = await witnesses.covering(receipt.index, seconds! * 1000);
      const proof = covering && options.log.reader.inclusionProof(receipt.index, covering.size).proof;
      text = `${text.slice(0, -1)},"witnessed":${covering === undefined ? 'null' : proofText(proof!, covering.note)}}`;
    }
    // Being ASCII, it is copied as it is, where a text would be measured and encoded.
    return respond(state, Buffer.from(text, 'latin1'), {
      status: receipt.duplicate ? 200 : 201,
      type: 'application/json',
      cache: CACHE.never,
      headers: { Location: `/v1/entries/${receipt.index}` },
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
