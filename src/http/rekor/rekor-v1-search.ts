/** The index of Rekor v1 on top of the log's own look-up, which answers completely or not at all. */
import { setImmediate } from 'node:timers/promises';
import type { z } from '@hono/zod-openapi';
import { toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { verifierInBase64 } from '../../entry/rekor/rekor-v1-members.ts';
import type { EntryQuery, LogReader } from '../../log/log.ts';
import type { searchIndex } from './schema-rekor-v1.ts';

/** Entries of one answer: these clients know no pages. */
const MAX_FOUND = 1_000;
/** Pages of the log's look-up that one search reads at most. */
const MAX_PAGES = 16;

interface Found {
  index: number;
  leafHash: Uint8Array;
}

/**
 * Entries that match, newest first; a part of the newest where there are very many.
 * @throws LogError malformed_request for a search without a term, or for two names of one entry; index_rebuilding; and
 *   the codes of keys
 */
export async function findForIndex(reader: LogReader, query: z.output<typeof searchIndex>): Promise<Found[]> {
  const terms = termsOf(query);
  if (terms.length === 0) {
    throw new LogError('malformed_request', 'give at least one of hash, email, subject and publicKey');
  }
  const queries = query.operator === 'and' ? joined(terms) : terms.flat();
  const found = new Map<number, Found>();
  let pages = 0;
  for (const one of queries) {
    let position: { treeSize: number; before: number } | undefined;
    do {
      const page = reader.find(one, { limit: MAX_FOUND, ...position });
      for (const { index, leafHash } of page.entries) found.set(index, { index, leafHash });
      position = page.next;
      // Each page holds the thread up for as long as one look-up may; others get their turn between two.
      if (position !== undefined) await setImmediate();
    } while (position !== undefined && found.size < MAX_FOUND && ++pages < MAX_PAGES);
  }
  return [...found.values()].sort((a, b) => b.index - a.index).slice(0, MAX_FOUND);
}

/** What each term of the search can mean here. */
function termsOf({ hash, email, subject, publicKey }: z.output<typeof searchIndex>): EntryQuery[][] {
  const terms: EntryQuery[][] = [];
  if (hash) terms.push(hashTerms(hash.toLowerCase()));
  if (email) terms.push([...new Set([email, email.toLowerCase()])].map((identity) => ({ identity })));
  if (subject) terms.push([{ identity: subject }]);
  if (publicKey) {
    const { verifier } = verifierInBase64(publicKey.content, 'publicKey.content');
    terms.push([{ signer: toHex(verifier.key.spkiHash) }]);
  }
  return terms;
}

/** A digest may be of what was signed, of a statement's subject, or of a payload; without a name its length says which. */
function hashTerms(hash: string): EntryQuery[] {
  const digits = hash.slice(hash.indexOf(':') + 1);
  const algorithm = digits.length === 40 ? 'sha1' : `sha${digits.length * 4}`;
  const subject = { subject: `${algorithm}:${digits}` };
  return algorithm === 'sha256' ? [subject, { payload: digits }] : [subject];
}

/** One query for each way in which all terms can hold at once. */
function joined(terms: EntryQuery[][]): EntryQuery[] {
  let queries: EntryQuery[] = [{}];
  for (const alternatives of terms) {
    queries = queries.flatMap((query) =>
      alternatives.filter((other) => agree(query, other)).map((other) => ({ ...query, ...other })),
    );
  }
  if (queries.length > 0) return queries;
  throw new LogError('malformed_request', 'email and subject both name the signer: search for one of them', {
    at: 'subject',
  });
}

/** The look-up takes one name of a signer. */
function agree(a: EntryQuery, b: EntryQuery): boolean {
  return a.identity === undefined || b.identity === undefined || a.identity === b.identity;
}
