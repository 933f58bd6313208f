/**
 * External data of OPA Gatekeeper (`externaldata.gatekeeper.sh/v1beta1`): a template hands over keys, which are
 * references to images here, and gets a value or an error for each.
 */
import { z } from '@hono/zod-openapi';
import type { ImageVerdict } from './image-verdict.ts';

export const providerRequest = z.looseObject({
  apiVersion: z.literal('externaldata.gatekeeper.sh/v1beta1'),
  kind: z.literal('ProviderRequest'),
  request: z.looseObject({ keys: z.array(z.string()).max(256) }),
});

interface Item {
  key: string;
  /** `ALLOW`, or what policies in warn or audit mode object to. */
  value: string;
  /** Why it is denied; empty where it is not. */
  error: string;
}

/** @param verdicts one for each key */
export function providerResponse(verdicts: readonly ImageVerdict[]) {
  return {
    apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
    kind: 'ProviderResponse',
    response: { idempotent: true, items: verdicts.map(itemOf), systemError: '' },
  };
}

function itemOf({ image, allowed, objections }: ImageVerdict): Item {
  const texts = (isDenial: boolean) =>
    objections.filter(({ mode }) => (mode === 'enforce') === isDenial).map(({ mode, text }) => [mode, text] as const);
  const remarks = texts(false).map(([mode, text]) => `${mode}: ${text}`);
  return {
    key: image,
    value: allowed ? ['ALLOW', ...remarks].join('\n') : '',
    error: texts(true)
      .map(([, text]) => text)
      .join('\n'),
  };
}
