/**
 * Checks a log from outside: every entry bundle is proved to belong to the newest checkpoint, the root is rebuilt from
 * the leaves, and, for a Countersign log, payloads and the feed of control statements are held against them.
 */

import type { VerifiedCheckpoint } from '../client/log-key.ts';
import { TileClient, type TileClientOptions } from '../client/tile-client.ts';
import { type RequestOptions, Transport } from '../client/transport.ts';
import { equalBytes } from '../core/bytes.ts';
import { HASH_LENGTH, type Hash, leafHash } from '../core/hash.ts';
import { TILE_WIDTH } from '../core/tile.ts';
import { TileEdge } from '../core/tile-edge.ts';
import type { SignatureChecks } from '../entry/keys/signature-checks.ts';
import type { FsckReport } from '../log/fsck.ts';
import { askBeside } from './beside.ts';
import { identityOfGenesis } from './late-changes.ts';
import { partsOf } from './log-copy.ts';
import { ServedFeedAudit } from './served-feed.ts';

export interface RemoteFsckOptions extends RequestOptions {
  /** How signatures of control statements are checked. */
  checks: SignatureChecks;
  progress(checked: number, size: number): void;
}

/** @throws LogError of `TileClient`, and proof_invalid where a payload is not the one that was signed */
export async function remoteFsck(source: TileClientOptions, options: RemoteFsckOptions): Promise<FsckReport> {
  const client = new TileClient(source);
  const transport = new Transport(source);
  const head = await client.checkpoint(options);
  const { size, root } = head;
  // Tiles are read only as far as they prove the bundles; none is compared for itself, so none is counted.
  const report: FsckReport = {
    ...{ size, root, entries: 0, tiles: 0, checkpoints: 1, payloads: 0, controls: 0 },
    problems: [],
  };
  const tree = new RebuiltTree((checked) => options.progress(checked, size));
  const isWhole = size > 0 && (await askBeside(transport, 0, options)) !== undefined;
  if (isWhole) await scanParts({ source, client, transport, head, tree, report }, options);
  else for await (const { leaf } of client.leaves(0, size, head, options)) tree.append(leafHash(leaf));
  report.entries = tree.size;
  if (!equalBytes(tree.root(), root)) {
    report.problems.push({ at: 'head', message: 'the leaves do not give the signed root' });
  }
  return report;
}

interface Scan {
  source: TileClientOptions;
  client: TileClient;
  transport: Transport;
  head: VerifiedCheckpoint;
  tree: RebuiltTree;
  report: FsckReport;
}

async function scanParts({ source, client, transport, head, tree, report }: Scan, options: RemoteFsckOptions) {
  let audit: ServedFeedAudit | undefined;
  const problem = (at: string, message: string) => report.problems.push({ at, message });
  for await (const part of partsOf(client, transport, head, options)) {
    const [first] = part.entries;
    if (first?.index === 0 && first.payload !== undefined) {
      const identity = identityOfGenesis(first.payload.bytes);
      audit = await ServedFeedAudit.begin({ ...source, checks: options.checks }, identity, problem, options);
    }
    for (const entry of part.entries) {
      tree.append(entry.leafHash);
      if (entry.payload !== undefined) report.payloads++;
    }
    audit?.add(part);
  }
  report.controls = audit?.finish(head.size) ?? 0;
}

/** Appends a bundle's leaf hashes at a time. */
class RebuiltTree {
  #edge = TileEdge.empty();
  readonly #gathered = new Uint8Array(TILE_WIDTH * HASH_LENGTH);
  #count = 0;
  readonly #progress: (size: number) => void;

  constructor(progress: (size: number) => void) {
    this.#progress = progress;
  }

  get size(): number {
    return this.#edge.size + this.#count;
  }

  append(hash: Hash): void {
    this.#gathered.set(hash, this.#count++ * HASH_LENGTH);
    if (this.#count === TILE_WIDTH) this.#settle();
  }

  root(): Hash {
    this.#settle();
    return this.#edge.root();
  }

  #settle(): void {
    this.#edge = this.#edge.append(this.#gathered.subarray(0, this.#count * HASH_LENGTH)).edge;
    this.#count = 0;
    this.#progress(this.#edge.size);
  }
}
