import { expect, it } from 'vitest';
import { dockerfilePins } from '../../../src/cli/pins/dockerfile-pins.ts';

const DIGEST = 'ab'.repeat(32);

it('a Dockerfile points to images, and not to its own stages', () => {
  const text = `# FROM nothing
ARG BASE=node:22
FROM --platform=$BUILDPLATFORM node:22@sha256:${DIGEST} AS build
RUN --mount=type=bind,from=ghcr.io/acme/tools:1,target=/t make
RUN <<EOF
FROM here
EOF
FROM \${BASE} as Run
COPY --from=build /a /a
COPY --from=0 /b /b
COPY --from=busybox@sha256:${DIGEST} /c /c
FROM run
FROM scratch
`;
  expect(dockerfilePins('Dockerfile', text)).toEqual([
    { uri: 'docker://node:22', digest: { sha256: DIGEST }, at: 'Dockerfile:3' },
    { uri: 'docker://ghcr.io/acme/tools:1', at: 'Dockerfile:4' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the Dockerfile
    { uri: 'docker://${BASE}', at: 'Dockerfile:8' },
    { uri: 'docker://busybox', digest: { sha256: DIGEST }, at: 'Dockerfile:11' },
  ]);
});
