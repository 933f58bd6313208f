/** A copy as recovering reads it, from a folder or from wherever it is served: verified on the way. */
import type { VerifiedCheckpoint } from '../client/log-key.ts';
import { TileClient, type TileClientOptions, type VerifiedLeaf } from '../client/tile-client.ts';
import { type RequestOptions, Transport } from '../client/transport.ts';
import { LogError } from '../core/errors.ts';
import type { CopiedPart } from '../log/replay.ts';
import type { LogCopy } from '../threads/recover-log.ts';
import { askBeside, readBeside } from './beside.ts';
import { identityOfGenesis } from './late-changes.ts';
import { mirrorApp } from './mirror-app.ts';
import { MirrorFiles } from './mirror-files.ts';

/** A folder in place of a URL: it is read as if it were served. */
export function folderOptions(folder: string): { url: string; fetch: typeof fetch } {
  const app = mirrorApp(new MirrorFiles(folder));
  return { url: 'http://mirror.invalid/', fetch: async (url, init) => app.request(new Request(url, init)) };
}

/** @throws LogError not_found where the copy has tiles only; those of `TileClient` */
export async function openCopy(options: TileClientOptions, request: RequestOptions = {}): Promise<LogCopy> {
  const client = new TileClient(options);
  const transport = new Transport(options);
  const head = await client.checkpoint(request);
  if (head.size === 0) throw new LogError('not_found', 'the copy holds no entry');
  const [genesis] = (await firstPart(client, transport, head, request)).entries;
  if (genesis?.payload === undefined) throw tilesOnly();
  return {
    identity: identityOfGenesis(genesis.payload.bytes),
    head,
    parts: () => partsOf(client, transport, head, request),
  };
}

async function firstPart(
  client: TileClient,
  transport: Transport,
  head: VerifiedCheckpoint,
  request: RequestOptions,
): Promise<CopiedPart> {
  for await (const part of partsOf(client, transport, head, request)) return part;
  throw tilesOnly();
}

/** All of a tree, with what lies beside its leaves. @throws LogError not_found where there is nothing beside them */
export async function* partsOf(
  client: TileClient,
  transport: Transport,
  head: VerifiedCheckpoint,
  request: RequestOptions,
): AsyncGenerator<CopiedPart> {
  const leaves = client.leaves(0, head.size, head, request);
  for (let from = 0; from < head.size; ) {
    const page = await askBeside(transport, from, request);
    if (page === undefined) throw tilesOnly();
    const count = Math.min(page.next, head.size) - from;
    if (count <= 0) throw new LogError('answer_unexpected', 'the copy ends before its checkpoint does');
    const stated = new Map(page.entries.map((entry) => [entry.index, entry]));
    const entries = (await take(leaves, count)).map(({ index, leaf, leafHash }) => {
      const beside = readBeside(stated.get(index) ?? { index }, leaf);
      return { ...beside, leaf, leafHash };
    });
    yield { entries, notes: page.checkpoints.filter((note) => Number(note.split('\n', 2)[1]) <= head.size) };
    from += count;
  }
}

async function take(leaves: AsyncGenerator<VerifiedLeaf>, count: number): Promise<VerifiedLeaf[]> {
  const taken: VerifiedLeaf[] = [];
  while (taken.length < count) {
    const { value, done } = await leaves.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

function tilesOnly(): LogError {
  return new LogError(
    'not_found',
    'the copy has tiles only: a database is recovered from a mirror that also has what lies beside the leaves',
  );
}
