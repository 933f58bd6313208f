/** Signed webhooks as the Standard Webhooks specification has them, with the asymmetric signature `v1a`. */
import { type KeyObject, sign } from 'node:crypto';

export interface WebhookRequest {
  /** The same for every attempt to deliver the same thing. */
  id: string;
  /** POSIX seconds of this attempt. */
  time: number;
  body: string;
}

/** Headers of one attempt: Ed25519 over `id.time.body` ("Signature scheme"). */
export function webhookHeaders({ id, time, body }: WebhookRequest, key: KeyObject): Record<string, string> {
  const signature = sign(null, Buffer.from(`${id}.${time}.${body}`), key).toString('base64');
  return {
    'content-type': 'application/json',
    'user-agent': 'countersign',
    'webhook-id': id,
    'webhook-timestamp': String(time),
    'webhook-signature': `v1a,${signature}`,
  };
}
