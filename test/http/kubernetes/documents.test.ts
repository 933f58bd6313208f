/** The documents that docs/kubernetes.md tells users to apply. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const page = readFileSync(new URL('../../../docs/kubernetes.md', import.meta.url), 'utf8');
const documents = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)]
  .flatMap(([, text]) => parseAllDocuments(text!))
  .map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as { kind: string; [member: string]: unknown };
  });

it('are YAML, of these kinds', () => {
  expect(documents.map(({ kind }) => kind)).toEqual([
    'ValidatingWebhookConfiguration',
    'Provider',
    'ConstraintTemplate',
    'CountersignImages',
  ]);
});

it('fail closed, and name the paths that are served', () => {
  const [configuration, provider] = documents as [
    { webhooks: { failurePolicy: string; clientConfig: { service: { path: string } } }[] },
    { spec: { url: string } },
  ] &
    typeof documents;
  const [webhook] = configuration.webhooks;
  expect([webhook!.failurePolicy, webhook!.clientConfig.service.path]).toEqual(['Fail', '/v1/admission']);
  expect(new URL(provider.spec.url).pathname).toBe('/v1/external-data');
});
