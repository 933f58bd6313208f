/** The log for clients of Rekor v1: its head, proofs that it only grew, its key. */
import { z } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import { toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { Log } from '../../log/log.ts';
import { decimal, readQuery, text } from '../parameters.ts';
import { type AppEnv, stateOf } from '../request-state.ts';
import { CACHE, respond, respondJson } from '../respond.ts';
import { content, describeRoute, mount } from '../route.ts';
import type { RekorV1Door } from './rekor-v1-door.ts';
import { consistencyProof, logInfo } from './schema-rekor-v1.ts';

const treeID = text(/^\d{1,19}$/, 'The tree, in decimal: this log’s own.').optional();

const infoQuery = z.strictObject({ stable: text(/^(true|false)$/, 'Of no effect: every head is.').optional() });

const info = describeRoute({
  method: 'get',
  path: '/api/v1/log',
  operationId: 'getRekorV1LogInfo',
  tag: 'rekor-v1',
  errors: 'RekorV1Error',
  summary: 'Get size, root and signed head of the log',
  request: { query: infoQuery },
  responses: { 200: content('The head.', 'application/json', logInfo) },
  problems: [501],
});

const proofQuery = z.strictObject({
  firstSize: decimal('The older size; 1 without it.', { minimum: 1, example: 3 }).optional(),
  lastSize: decimal('The newer size.', { minimum: 1, example: 8 }),
  treeID,
});

const proof = describeRoute({
  method: 'get',
  path: '/api/v1/log/proof',
  operationId: 'getRekorV1LogProof',
  tag: 'rekor-v1',
  errors: 'RekorV1Error',
  summary: 'Prove that the tree of one size extends that of another',
  request: { query: proofQuery },
  responses: { 200: content('The proof.', 'application/json', consistencyProof) },
  problems: [404, 501],
});

const PEM = 'application/x-pem-file';
const keyQuery = z.strictObject({ treeID });

const publicKey = describeRoute({
  method: 'get',
  path: '/api/v1/log/publicKey',
  operationId: 'getRekorV1PublicKey',
  tag: 'rekor-v1',
  errors: 'RekorV1Error',
  summary: 'Get the key that signs for clients of Rekor v1',
  request: { query: keyQuery },
  responses: { 200: content('SubjectPublicKeyInfo, PEM.', PEM, z.string()) },
  problems: [404, 501],
});

export const rekorV1LogRoutes = [info, proof, publicKey];

export function mountRekorV1LogRoutes(app: Hono<AppEnv>, door: RekorV1Door, log: Log): void {
  const treeId = (): string => String(BigInt(`0x${door.signer.identity.treeId}`));

  function assertTree(given: string | undefined): void {
    const own = treeId();
    if (given !== undefined && given !== own) throw new LogError('not_found', 'this log has another tree id');
  }

  mount(app, info, async function getRekorV1LogInfo(c) {
    const { signer } = door;
    readQuery(c, infoQuery);
    const { size, root } = log.head();
    const signedTreeHead = await signer.checkpoint(size, root);
    const shape = { rootHash: toHex(root), treeSize: size, signedTreeHead, treeID: treeId(), inactiveShards: [] };
    return respondJson(stateOf(c), shape, CACHE.revalidate);
  });

  mount(app, proof, function getRekorV1LogProof(c) {
    const { firstSize = 1, lastSize, treeID: tree } = readQuery(c, proofQuery);
    assertTree(tree);
    if (firstSize > lastSize)
      throw new LogError('malformed_request', 'firstSize is larger than lastSize', { at: 'firstSize' });
    if (lastSize > log.head().size)
      throw new LogError('malformed_request', 'lastSize is larger than the log', { at: 'lastSize' });
    const { hashes } = log.reader.consistencyProof(firstSize, lastSize);
    // Any proof of that size leads to its root, which need not have a checkpoint.
    const { rootHash } = log.reader.inclusionProof(lastSize - 1, lastSize).proof;
    return respondJson(stateOf(c), { rootHash: toHex(rootHash), hashes: hashes.map(toHex) }, CACHE.forever);
  });

  mount(app, publicKey, function getRekorV1PublicKey(c) {
    assertTree(readQuery(c, keyQuery).treeID);
    return respond(stateOf(c), door.signer.identity.publicKey, { type: PEM, cache: CACHE.revalidate });
  });
}
