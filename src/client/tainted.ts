/** What a dependency taint reaches in a log, each entry proved to be in it. */
import { equalBytes } from '../core/bytes.ts';
import type { Hash } from '../core/hash.ts';
import { verifyInclusion } from '../core/proof.ts';
import {
  type JsonObject,
  readHash,
  readInclusion,
  readList,
  readNumber,
  readObject,
  readString,
  unexpected,
} from './answer.ts';
import type { LogClient } from './log-client.ts';
import { proofInvalid, type TreeHead } from './log-key.ts';
import type { RequestOptions } from './transport.ts';

/** An entry that is proved to be in the log. That it lists the dependency, its payload says. */
export interface ReachedEntry {
  readonly index: number;
  readonly leafHash: Hash;
  /** provenance, sbom or pin-set: it lists the dependency; promotion: a logged decision that let through what it built. */
  readonly kind: string;
  /** As the log states them: `<algorithm>:<digest>`. */
  readonly artifactsUnverified: readonly string[];
}

/**
 * @param position of the control statement in the feed
 * @returns statements, newest first, each page's promotions after it. That none was left out, only the log can say.
 * @throws LogError malformed_request where it is no taint; proof_invalid; checkpoint_unverified
 */
export async function* taintedEntries(
  client: LogClient,
  position: number,
  options: RequestOptions = {},
): AsyncGenerator<ReachedEntry> {
  let head: TreeHead | undefined;
  /** A decision can be about what builds on several pages made. */
  const promotions = new Set<number>();
  for (let before: number | undefined; ; ) {
    const page = readObject(await client.taintedUnverified(position, before, options), 'the answer');
    const stated = { size: readNumber(page, 'treeSize'), root: readHash(page, 'rootHash') };
    if (head?.size !== stated.size || !equalBytes(head.root, stated.root)) {
      head = await client.head(stated.size, options);
      if (!equalBytes(head.root, stated.root)) throw proofInvalid('the log stated another root than its tree has');
    }
    for (const item of readList(page, 'statements')) {
      const entry = readObject(item, 'a statement');
      const subjects = readList(entry, 'subjects').map((subject) => readObject(subject, 'a subject').digest);
      yield reached(entry, readString(entry, 'kind'), subjects, head);
    }
    for (const item of readList(page, 'promotions')) {
      const entry = readObject(item, 'a promotion');
      const { digests } = readObject(entry.artifact, 'artifact');
      const promotion = reached(entry, 'promotion', [digests], head);
      if (!promotions.has(promotion.index)) yield promotion;
      promotions.add(promotion.index);
    }
    if (page.next === undefined) return;
    const next = readNumber(page, 'next');
    if (before !== undefined && next >= before) throw unexpected('the pages are not in order');
    before = next;
  }
}

function reached(entry: JsonObject, kind: string, digests: readonly unknown[], head: TreeHead): ReachedEntry {
  const index = readNumber(entry, 'index');
  const leafHash = readHash(entry, 'leafHash');
  const proof = readInclusion(entry.inclusionProof);
  if (proof.index !== index || proof.treeSize !== head.size) throw proofInvalid('the proof is for another entry');
  verifyInclusion({ index, size: head.size, leafHash, root: head.root, proof: proof.hashes });
  const artifactsUnverified = digests.flatMap((digest) =>
    Object.entries(readObject(digest, 'a digest')).map(([algorithm, value]) => `${algorithm}:${String(value)}`),
  );
  return { index, leafHash, kind, artifactsUnverified };
}
