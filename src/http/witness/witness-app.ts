/** A witness over HTTP (C2SP tlog-witness §add-checkpoint, §Monitoring). */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ADD_CHECKPOINT_PATH, MAX_ADD_CHECKPOINT_LENGTH, TLOG_SIZE_TYPE } from '../../core/add-checkpoint.ts';
import { toHex, utf8 } from '../../core/bytes.ts';
import { sha256 } from '../../core/hash.ts';
import type { Witness, WitnessAnswer } from '../../witness/witness.ts';

const TEXT = 'text/plain; charset=utf-8';
/** Cosigned checkpoints may be an hour old; a minute keeps monitors from missing much. */
const CACHE_SECONDS = 60;

export interface WitnessAppOptions {
  witness: Witness;
  /** Of the logs that it knows. */
  origins: Iterable<string>;
  /** C2SP verifier key of its cosignatures. */
  verifierKey: string;
  /** Told of each request to cosign, when it is answered. */
  answered?: (status: number) => void;
}

export function createWitnessApp({ witness, origins, verifierKey, answered }: WitnessAppOptions): Hono {
  const app = new Hono();
  const originByHash = new Map(Array.from(origins, (origin) => [toHex(sha256(utf8(origin))), origin]));

  app.get('/', (c) => c.body(`${verifierKey}\n`, 200, { 'Content-Type': TEXT }));
  app.get('/livez', (c) => c.body('ok\n', 200, { 'Content-Type': TEXT }));

  app.post(
    ADD_CHECKPOINT_PATH,
    bodyLimit({
      maxSize: MAX_ADD_CHECKPOINT_LENGTH,
      onError: (c) => c.body('the request is too large\n', 413, { 'Content-Type': TEXT }),
    }),
    async function addCheckpoint(c) {
      const answer = witness.addCheckpoint(new Uint8Array(await c.req.arrayBuffer()));
      answered?.(answer.status);
      return toResponse(answer);
    },
  );

  app.get('/:hash/checkpoint', function cosignedCheckpoint(c) {
    const origin = originByHash.get(c.req.param('hash'));
    const note = origin === undefined ? undefined : witness.cosigned(origin);
    if (note === undefined) return c.body('no checkpoint of such a log was cosigned\n', 404, { 'Content-Type': TEXT });
    return c.body(note, 200, { 'Content-Type': TEXT, 'Cache-Control': `max-age=${CACHE_SECONDS}` });
  });

  app.notFound((c) => c.body('there is nothing at this path\n', 404, { 'Content-Type': TEXT }));
  app.onError((_, c) => c.body('the witness failed\n', 500, { 'Content-Type': TEXT }));
  return app;
}

function toResponse(answer: WitnessAnswer): Response {
  const { status } = answer;
  const headers = { 'Content-Type': TEXT, 'Cache-Control': 'no-store' };
  if (status === 200) return new Response(answer.line, { status, headers });
  if (status === 409) {
    return new Response(`${answer.size}\n`, { status, headers: { ...headers, 'Content-Type': TLOG_SIZE_TYPE } });
  }
  const retry = status === 503 ? { 'Retry-After': '1' } : {};
  return new Response(`${answer.message}\n`, { status, headers: { ...headers, ...retry } });
}
