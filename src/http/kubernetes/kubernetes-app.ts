/** The HTTP application that a cluster asks: a validating webhook, and a provider of external data for Gatekeeper. */
import type { z } from '@hono/zod-openapi';
import { Hono } from 'hono';
import { LogError } from '../../core/errors.ts';
import { type JsonLimits, parseStrictJson } from '../../entry/encoding/strict-json.ts';
import type { Policy } from '../../evidence/policy/policy.ts';
import { failRequest, surround } from '../around.ts';
import { declaredLength, readBody, requireMediaType } from '../body.ts';
import { clientAddress } from '../client-address.ts';
import type { Clock } from '../clock.ts';
import type { Limits } from '../limits.ts';
import { type AppContext, type AppEnv, stateOf } from '../request-state.ts';
import { CACHE, respond, respondJson } from '../respond.ts';
import type { Telemetry } from '../telemetry.ts';
import { admissionReview, newImages, reviewOf, unreadable } from './admission-review.ts';
import { providerRequest, providerResponse } from './external-data.ts';
import { type ArtifactGate, type ImageVerdict, judgeImage } from './image-verdict.ts';

export interface KubernetesAppOptions {
  policies: readonly Policy[];
  gate: ArtifactGate & {
    /** Why every answer would be a denial now; undefined where the gate can decide. */
    trouble(): string | undefined;
  };
  telemetry: Telemetry;
  limits: Limits;
  clock: Clock;
  /** Milliseconds for one answer; less where the API server says that it waits less. */
  timeout: number;
}

/** Bytes of a request: two objects of the most that etcd stores, 1.5 MiB each, and what is around them. */
const LARGEST = 4 * 1024 * 1024;

/** Objects hold what users put there: large numbers in annotations are not our business. */
const JSON_LIMITS: JsonLimits = { depth: 64, members: 200_000, safeIntegers: false };

/** Milliseconds that the answer is to arrive before the API server gives up. */
const MARGIN = 500;

export function createKubernetesApp(options: KubernetesAppOptions): Hono<AppEnv> {
  const { policies, gate, telemetry, limits, clock } = options;
  const app = new Hono<AppEnv>();

  /** Each image once, however many containers run it. */
  async function judge(images: readonly string[], timeout: number): Promise<Map<string, ImageVerdict>> {
    const signal = AbortSignal.timeout(timeout);
    const distinct = [...new Set(images)];
    const verdicts = await Promise.all(distinct.map((image) => judgeImage(image, policies, gate, signal)));
    return new Map(verdicts.map((verdict) => [verdict.image, verdict]));
  }

  app.post('/v1/admission', async function reviewAdmission(c) {
    const { request } = await readDocument(c, '/v1/admission', admissionReview, limits);
    const images = newImages(request);
    const review =
      images === undefined
        ? unreadable(request)
        : reviewOf(request, [...(await judge(images, timeoutOf(c, options.timeout))).values()]);
    const { allowed, status, warnings, auditAnnotations } = review.response;
    const why = { message: status?.message, warnings, wouldDeny: auditAnnotations?.['would-deny'] };
    if (!allowed || warnings !== undefined || auditAnnotations !== undefined)
      telemetry.logger.warn({ requestId: stateOf(c).id, uid: request.uid, allowed, ...why }, 'admission');
    return respondJson(stateOf(c), review, CACHE.never);
  });

  app.post('/v1/external-data', async function provideExternalData(c) {
    const { keys } = (await readDocument(c, '/v1/external-data', providerRequest, limits)).request;
    const verdicts = await judge(keys, options.timeout);
    return respondJson(stateOf(c), providerResponse(keys.map((key) => verdicts.get(key)!)), CACHE.never);
  });

  app.get('/livez', (c) => plain(c, '/livez', 'ok', 200));
  app.get('/readyz', (c) => {
    const trouble = gate.trouble();
    return plain(c, '/readyz', trouble ?? 'ok', trouble === undefined ? 200 : 503);
  });

  app.onError((thrown, c) => failRequest(stateOf(c), thrown, telemetry));
  app.notFound((c) => {
    const state = stateOf(c);
    return state.errorForm(new LogError('route_unknown', 'there is nothing at this path'), state.id);
  });
  surround(app, { telemetry, clock, limits, addressOf: clientAddress([]), hostNames: [] });
  return app;
}

/** The API server says in the query how long it waits: `?timeout=10s`. */
function timeoutOf(c: AppContext, most: number): number {
  const [, seconds] = /^([0-9]{1,3})s$/.exec(c.req.query('timeout') ?? '') ?? [];
  return seconds === undefined ? most : Math.max(MARGIN, Math.min(most, Number(seconds) * 1000 - MARGIN));
}

/** @throws LogError unsupported_media_type, body_too_large, pool_full, malformed_json, malformed_request */
async function readDocument<T extends z.ZodType>(
  c: AppContext,
  route: string,
  schema: T,
  { bodies }: Limits,
): Promise<z.output<T>> {
  const state = stateOf(c);
  state.route = route;
  requireMediaType(state.header, ['application/json', '']);
  const declared = declaredLength(state.header, LARGEST);
  const reserved = declared ?? LARGEST;
  if (!bodies.reserve(reserved)) {
    throw new LogError('pool_full', 'there are as many requests as there is memory for', { retryAfter: 1 });
  }
  try {
    const body = await readBody(c.req.raw, c.env.incoming, declared, LARGEST);
    const parsed = schema.safeParse(parseStrictJson(body, JSON_LIMITS));
    if (parsed.success) return parsed.data;
    const at = parsed.error.issues[0]?.path.join('.') || 'the top level';
    throw new LogError('malformed_request', 'it is not a document of the version that is served here', { at });
  } finally {
    bodies.release(reserved);
  }
}

function plain(c: AppContext, route: string, text: string, status: number): Response {
  const state = stateOf(c);
  state.route = route;
  return respond(state, text, { type: 'text/plain', cache: CACHE.never, status });
}
