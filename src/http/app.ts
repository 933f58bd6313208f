/** The HTTP application: parse, call the log, encode. It knows the log's interface and nothing below it. */
import { Hono } from 'hono';
import { LogError } from '../core/errors.ts';
import type { Log } from '../log/log.ts';
import { createAdmission } from './admission.ts';
import { failRequest, surround } from './around.ts';
import { clientAddress } from './client-address.ts';
import type { Clock } from './clock.ts';
import type { HttpConfig } from './config.ts';
import { mountFeedRoutes } from './feed/routes-feed.ts';
import { type GateParts, gateParts } from './gate-parts.ts';
import type { Limits } from './limits.ts';
import { mountMirrorRoutes } from './mirror/routes-mirror.ts';
import { openapiYaml, routes } from './openapi.ts';
import type { PacedStreams } from './paced-streams.ts';
import { mountRekorV1Routes } from './rekor/routes-rekor-v1.ts';
import { mountRekorV2Routes } from './rekor/routes-rekor-v2.ts';
import { type AppContext, type AppEnv, stateOf } from './request-state.ts';
import { mountRevocationRoutes } from './revocations/routes-revocations.ts';
import { mountTaintedRoute } from './revocations/routes-tainted.ts';
import { methodsByPath } from './route.ts';
import { mountArtifactRoutes } from './routes-artifacts.ts';
import { mountDecisionRoutes } from './routes-decisions.ts';
import { mountEntryRoutes } from './routes-entries.ts';
import { mountGateRoutes } from './routes-gate.ts';
import { mountOpsRoutes } from './routes-ops.ts';
import { mountProofRoutes } from './routes-proofs.ts';
import { mountSubmissionRoutes } from './routes-submissions.ts';
import { mountTileRoutes } from './routes-tiles.ts';
import { mountTimestampRoute } from './routes-timestamp.ts';
import type { Telemetry } from './telemetry.ts';
import { mountWitnessedRoutes } from './witness/routes-witnessed.ts';
import type { WitnessedHead } from './witness/witnessed-head.ts';

export interface AppOptions {
  log: Log;
  config: HttpConfig;
  telemetry: Telemetry;
  limits: Limits;
  clock: Clock;
  /** Of the control statements; whoever made them ends them. */
  streams: PacedStreams;
  /** Of the entries, likewise. */
  entryStreams: PacedStreams;
  /** SubjectPublicKeyInfo PEM of the key that signs webhooks, where there are some. */
  webhookKey?: string | undefined;
  /** Undefined where the log is run without a witness policy. */
  witnessed?: WitnessedHead | undefined;
  /** Where somebody else uses them too. */
  gate?: GateParts;
}

/** The application of one log. It owns nothing: whoever made the log closes it. */
export function createApp(options: AppOptions): Hono<AppEnv> {
  const { log, config, telemetry, limits, clock, streams, entryStreams, webhookKey, witnessed } = options;
  const app = new Hono<AppEnv>();
  telemetry.watchHead(() => log.head());

  const admission = createAdmission(config.admission, clock);
  const submissions = { log, admission, limits, sizes: config.limits, telemetry, clock, witnessed };
  mountSubmissionRoutes(app, submissions);
  mountRekorV1Routes(app, submissions);
  mountRekorV2Routes(app, submissions);
  mountEntryRoutes(app, log);
  mountFeedRoutes(app, entryStreams);
  const gate = options.gate ?? gateParts(log, config);
  mountArtifactRoutes(app, gate.evidence, limits);
  mountGateRoutes(app, { ...submissions, ...gate });
  mountDecisionRoutes(app, gate.decisions, limits);
  mountWitnessedRoutes(app, witnessed);
  mountProofRoutes(app, log);
  mountRevocationRoutes(app, log, streams);
  mountTaintedRoute(app, log, gate, limits);
  mountTileRoutes(app, log);
  mountMirrorRoutes(app, log);
  mountTimestampRoute(app, log, limits);
  mountOpsRoutes(app, { log, clock, limits: config.limits, openapiYaml, webhookKey, witnessed });

  app.onError((thrown, c) => failRequest(stateOf(c), thrown, telemetry));
  const methodsOf = methodsByPath(routes);
  app.notFound((c) => answerUnrouted(c, methodsOf(c.req.path)));

  const { trustedProxies, hostNames } = config;
  surround(app, { telemetry, clock, limits, addressOf: clientAddress(trustedProxies), hostNames });
  return app;
}

/** Preflights (Fetch §3.2.5), known paths asked with another method, and the rest. */
function answerUnrouted(c: AppContext, methods: string[]): Response {
  const state = stateOf(c);
  // Also where a route was found that handed the request back.
  state.route = 'unmatched';
  if (methods.length === 0)
    return state.errorForm(new LogError('route_unknown', 'there is nothing at this path'), state.id);
  const allow = methods.join(', ');
  if (c.req.method !== 'OPTIONS') {
    const error = new LogError('method_not_allowed', 'this path does not know the method', { details: { allow } });
    return state.errorForm(error, state.id);
  }
  const headers = {
    Allow: allow,
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': allow,
    'Access-Control-Allow-Headers': 'authorization, content-type',
    'Access-Control-Max-Age': '600',
    'Cache-Control': 'no-store',
    'X-Request-Id': state.id,
  };
  return new Response(null, { status: 204, headers });
}
