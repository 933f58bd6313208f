/** The API description, generated from the routes and their schemas. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { stringify } from 'yaml';
import { feedRoutes } from './feed/routes-feed.ts';
import { mirrorRoutes } from './mirror/routes-mirror.ts';
import { rekorV1Routes } from './rekor/routes-rekor-v1.ts';
import { rekorV2Routes } from './rekor/routes-rekor-v2.ts';
import { rekorV1Error } from './rekor/schema-rekor-v1.ts';
import { rekorV2Error } from './rekor/schema-rekor-v2.ts';
import { revocationRoutes } from './revocations/routes-revocations.ts';
import { taintedRoutes } from './revocations/routes-tainted.ts';
import { errorComponents, type Route } from './route.ts';
import { artifactRoutes } from './routes-artifacts.ts';
import { decisionRoutes } from './routes-decisions.ts';
import { entryRoutes } from './routes-entries.ts';
import { gateRoutes } from './routes-gate.ts';
import { opsRoutes } from './routes-ops.ts';
import { proofRoutes } from './routes-proofs.ts';
import { submissionRoutes } from './routes-submissions.ts';
import { tileRoutes } from './routes-tiles.ts';
import { timestampRoutes } from './routes-timestamp.ts';
import { problem } from './schema.ts';
import { witnessedRoutes } from './witness/routes-witnessed.ts';

/** Every route of the application. */
export const routes: readonly Route[] = [
  ...submissionRoutes,
  ...entryRoutes,
  ...feedRoutes,
  ...artifactRoutes,
  ...gateRoutes,
  ...witnessedRoutes,
  ...decisionRoutes,
  ...proofRoutes,
  ...revocationRoutes,
  ...taintedRoutes,
  ...tileRoutes,
  ...mirrorRoutes,
  ...timestampRoutes,
  ...opsRoutes,
  ...rekorV1Routes,
  ...rekorV2Routes,
];

let text: string | undefined;

/** The OpenAPI 3.1 document, YAML. The same bytes for the same routes. */
export function openapiYaml(): string {
  text ??= stringify(document(), { lineWidth: 0, aliasDuplicateObjects: false });
  return text;
}

function document(): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.openAPIRegistry.register('Problem', problem);
  app.openAPIRegistry.register('RekorV1Error', rekorV1Error);
  app.openAPIRegistry.register('RekorV2Error', rekorV2Error);
  for (const [name, response] of errorComponents()) {
    app.openAPIRegistry.registerComponent('responses', name, response);
  }
  for (const route of routes) app.openAPIRegistry.registerPath(route);
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '1',
      description:
        'A transparency log for build attestations and signing events. Bytes are lower-case hexadecimal where the form ' +
        'is this project’s own, base64 where a foreign format says so; indexes and sizes are numbers below 2^53.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    tags: [
      { name: 'entries', description: 'Submit, find and get entries.' },
      { name: 'evidence', description: 'What entries say about artifacts.' },
      { name: 'proofs', description: 'Inclusion and consistency (RFC 9162 §2.1).' },
      { name: 'checkpoints', description: 'Signed tree heads, each as it was first signed.' },
      { name: 'revocations', description: 'Control statements: what gives trust, and what takes it back.' },
      { name: 'tiles', description: 'The log as static files (C2SP tlog-tiles).' },
      { name: 'timestamps', description: 'The log’s own timestamp authority (RFC 3161).' },
      { name: 'rekor-v1', description: 'Where clients of Rekor v1 are at home: its requests, answers and errors.' },
      { name: 'rekor-v2', description: 'Where clients of Rekor v2 are at home: its requests, answers and errors.' },
      { name: 'log', description: 'What identifies the log.' },
      { name: 'operations', description: 'Health and documentation.' },
    ],
  });
}
