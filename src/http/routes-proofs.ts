/** Inclusion and consistency proofs between published sizes, and the checkpoints that sign them. */
import type { Hono } from 'hono';
import { fromHex, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import type { Log, StoredCheckpoint } from '../log/log.ts';
import { inclusionProofJson } from './answers.ts';
import { checkpointsQuery, consistencyQuery, inclusionQuery, readPath, readQuery, sizePath } from './parameters.ts';
import { type AppEnv, stateOf } from './request-state.ts';
import { CACHE, respondJson } from './respond.ts';
import { content, describeRoute, mount, notYetPublished } from './route.ts';
import { checkpointPage, consistencyAnswer, inclusionAnswer, storedCheckpoint } from './schema.ts';

const inclusion = describeRoute({
  method: 'get',
  path: '/v1/proofs/inclusion',
  operationId: 'getInclusionProof',
  tag: 'proofs',
  summary: 'Prove that an entry is in the tree of a size',
  request: { query: inclusionQuery },
  responses: { 200: content('The proof.', 'application/json', inclusionAnswer) },
  problems: [404, 503],
});

const consistency = describeRoute({
  method: 'get',
  path: '/v1/proofs/consistency',
  operationId: 'getConsistencyProof',
  tag: 'proofs',
  summary: 'Prove that the tree of one size extends that of another',
  request: { query: consistencyQuery },
  responses: { 200: content('The proof.', 'application/json', consistencyAnswer) },
  problems: [404],
});

const checkpointList = describeRoute({
  method: 'get',
  path: '/v1/checkpoints',
  operationId: 'listCheckpoints',
  tag: 'checkpoints',
  summary: 'List the checkpoints that the log has signed, each as it was first signed',
  request: { query: checkpointsQuery },
  responses: { 200: content('A page, ascending by size.', 'application/json', checkpointPage) },
});

const checkpointBySize = describeRoute({
  method: 'get',
  path: '/v1/checkpoints/{size}',
  operationId: 'getCheckpoint',
  tag: 'checkpoints',
  summary: 'Get the checkpoint first signed for a size',
  request: { params: sizePath },
  responses: { 200: content('The checkpoint.', 'application/json', storedCheckpoint) },
  problems: [404],
});

export const proofRoutes = [inclusion, consistency, checkpointList, checkpointBySize];

const CHECKPOINTS_PER_PAGE = 100;

export function mountProofRoutes(app: Hono<AppEnv>, log: Log): void {
  mount(app, inclusion, function getInclusionProof(c) {
    const query = readQuery(c, inclusionQuery);
    const published = log.head().size;
    const size = query.size ?? published;
    if ((query.index === undefined) === (query.leafHash === undefined)) {
      throw new LogError('malformed_request', 'give either index or leafHash', { at: 'index' });
    }
    if (size > published) throw notYetPublished('the size', published);
    const { proof, leafHash } = log.reader.inclusionProof(indexOf(log, query, size, published), size);
    const note = log.reader.checkpoint(size)?.note;
    const answer = {
      inclusionProof: inclusionProofJson(proof),
      leafHash: toHex(leafHash),
      ...(note !== undefined && { checkpoint: note }),
    };
    return respondJson(stateOf(c), answer, query.size === undefined ? CACHE.revalidate : CACHE.forever);
  });

  mount(app, consistency, function getConsistencyProof(c) {
    const { first, second } = readQuery(c, consistencyQuery);
    const published = log.head().size;
    if (first > second) throw new LogError('malformed_request', 'first is larger than second', { at: 'first' });
    if (second > published) throw notYetPublished('the size', published);
    const { hashes } = log.reader.consistencyProof(first, second);
    return respondJson(stateOf(c), { consistencyProof: { first, second, hashes: hashes.map(toHex) } }, CACHE.forever);
  });

  mount(app, checkpointList, function listCheckpoints(c) {
    const { after = 0, limit = CHECKPOINTS_PER_PAGE } = readQuery(c, checkpointsQuery);
    const published = log.head().size;
    const checkpoints = log.reader.checkpoints(after, limit).filter(({ size }) => size <= published);
    const last = checkpoints.at(-1)?.size;
    const next = checkpoints.length === limit && last !== undefined && last < published ? { next: last } : {};
    return respondJson(stateOf(c), { checkpoints: checkpoints.map(checkpointJson), ...next }, CACHE.revalidate);
  });

  mount(app, checkpointBySize, function getCheckpoint(c) {
    const { size } = readPath(c, sizePath);
    const published = log.head().size;
    if (size > published) throw notYetPublished('the size', published);
    const checkpoint = log.reader.checkpoint(size);
    if (checkpoint === undefined) throw new LogError('not_found', 'the log has signed no checkpoint of that size');
    return respondJson(stateOf(c), checkpointJson(checkpoint), CACHE.forever);
  });
}

function indexOf(
  log: Log,
  query: { index?: number | undefined; leafHash?: string | undefined },
  size: number,
  published: number,
): number {
  if (query.leafHash !== undefined) {
    const index = log.reader.indexOfLeaf(fromHex(query.leafHash));
    if (index === undefined || index >= size) throw new LogError('not_found', 'the tree holds no leaf with this hash');
    return index;
  }
  const index = query.index ?? 0;
  if (index >= published) throw notYetPublished('the index', published);
  if (index >= size)
    throw new LogError('malformed_request', 'the tree of that size does not reach the index', { at: 'index' });
  return index;
}

function checkpointJson({ size, root, time, note }: StoredCheckpoint) {
  return { size, rootHash: toHex(root), time, checkpoint: note };
}
