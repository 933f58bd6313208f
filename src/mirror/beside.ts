/** What lies beside the leaves of a Countersign log: asked for, read, and held against the leaves. */

import { readHash, readList, readNumber, readObject, readString, unexpected } from '../client/answer.ts';
import type { RequestOptions, Transport } from '../client/transport.ts';
import { decodeUtf8, fromBase64 } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import { MAX_COMPANION_LENGTH } from '../entry/leaf/companion.ts';
import { parseLeaf } from '../entry/leaf/leaf.ts';
import { leafBindsPayload } from '../entry/leaf/payload-binding.ts';
import { MIRROR_PAGE_BYTES, type MirrorEntry, type MirrorPage } from '../http/mirror/mirror-page.ts';
import { MAX_COMPANIONS } from '../log/ports.ts';

/** Of one entry, its form checked and its payload bound to the leaf. */
export interface BesideEntry {
  readonly index: number;
  readonly payload: { readonly type: string; readonly bytes: Uint8Array; readonly countsFrom: number } | undefined;
  readonly erased: { readonly by: number; readonly sha256: Uint8Array } | undefined;
  readonly companions: readonly Uint8Array[];
}

/** Of an answer: base64 of what a page holds at most, its last entry above the limit, and the notes. */
const LONGEST_PAGE = 2 * (2 * MIRROR_PAGE_BYTES + MAX_COMPANIONS * MAX_COMPANION_LENGTH);

/**
 * Asks a log or a mirror for a page.
 * @returns undefined where it knows no such route: no Countersign log, or a copy of tiles alone
 * @throws LogError unreachable and others of `Transport`, answer_unexpected
 */
export async function askBeside(
  transport: Transport,
  from: number,
  options: RequestOptions,
): Promise<MirrorPage | undefined> {
  let body: Uint8Array;
  try {
    body = (await transport.request(`v1/mirror?from=${from}`, { ...options, limit: LONGEST_PAGE })).body;
  } catch (error) {
    // A store of plain files may forbid what it does not have.
    if (isLogError(error, 'route_unknown', 'not_found', 'forbidden')) return undefined;
    throw error;
  }
  return readPage(body, from);
}

/** @throws LogError answer_unexpected */
function readPage(body: Uint8Array, from: number): MirrorPage {
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(body) ?? '');
  } catch {
    throw unexpected('the answer is not JSON');
  }
  const page = readObject(value, 'the page');
  const next = readNumber(page, 'next');
  const [entries, checkpoints] = [readList(page, 'entries'), readList(page, 'checkpoints')];
  if (readNumber(page, 'from') !== from || next < from) throw unexpected('the page is another one');
  if (checkpoints.some((note) => typeof note !== 'string')) throw unexpected('a checkpoint is no text');
  let before = from - 1;
  for (const entry of entries) {
    const index = readNumber(readObject(entry, 'an entry'), 'index');
    if (index <= before || index >= next) throw unexpected('the entries are not in order');
    before = index;
  }
  return { from, next, entries: entries as MirrorEntry[], checkpoints: checkpoints as string[] };
}

/**
 * Reads an entry's part of a page.
 * @param leaf of the tree
 * @throws LogError answer_unexpected for another form; proof_invalid where the payload is not the one that was signed
 */
export function readBeside(stated: MirrorEntry, leaf: Uint8Array): BesideEntry {
  const index = readNumber(readObject(stated, 'an entry'), 'index');
  const payload = stated.payload === undefined ? undefined : readPayload(stated.payload, index);
  const erased = stated.erased && readObject(stated.erased, 'erased');
  const companions = stated.companions === undefined ? [] : readList(readObject(stated, 'an entry'), 'companions');
  if (companions.length > MAX_COMPANIONS) throw unexpected('an entry has more companions than a log keeps');
  if (payload !== undefined && !isBound(leaf, payload)) {
    throw new LogError('proof_invalid', `the payload of entry ${index} is not the one that was signed`);
  }
  return {
    index,
    payload,
    erased: erased && { by: readNumber(erased, 'by'), sha256: readHash(erased, 'sha256') },
    companions: companions.map((text) => readBase64(text)),
  };
}

function readPayload(value: unknown, index: number): NonNullable<BesideEntry['payload']> {
  const payload = readObject(value, 'a payload');
  const countsFrom = readNumber(payload, 'countsFrom');
  if (countsFrom < index) throw unexpected('a payload counts from before its entry');
  return { type: readString(payload, 'type'), bytes: readBase64(payload.bytes), countsFrom };
}

function readBase64(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw unexpected('bytes are no text');
  try {
    return fromBase64(value);
  } catch {
    throw unexpected('bytes are not base64');
  }
}

function isBound(leaf: Uint8Array, payload: { bytes: Uint8Array; type: string }): boolean {
  try {
    return leafBindsPayload(parseLeaf(leaf), payload);
  } catch (error) {
    if (isLogError(error, 'malformed_leaf')) return false;
    throw error;
  }
}
