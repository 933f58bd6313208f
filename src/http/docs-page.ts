/** `/docs`: the API description made browsable, from files that the log serves itself. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countersign API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"><noscript>The description itself is at <a href="/openapi.yaml">/openapi.yaml</a>.</noscript></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.yaml', dom_id: '#api', deepLinking: true, validatorUrl: null });
`;

/** Nothing from elsewhere, nothing inline but the style attributes that the viewer sets. */
export const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface DocsFile {
  type: string;
  body: string;
}

/** A file below `/docs`, or undefined. Read on first use and kept. */
export function docsFile(name: string): DocsFile | undefined {
  const known = files.get(name);
  if (known !== undefined) return known;
  const type = PACKAGED[name];
  if (type === undefined) return undefined;
  const file = { type, body: readFileSync(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`), 'utf8') };
  files.set(name, file);
  return file;
}

const PACKAGED: Record<string, string | undefined> = Object.assign(Object.create(null), {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
});

const files = new Map<string, DocsFile>([
  ['', { type: 'text/html; charset=utf-8', body: PAGE }],
  ['start.js', { type: 'text/javascript; charset=utf-8', body: START }],
]);
