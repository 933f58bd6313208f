/**
 * What changes beside leaves that were copied before: payloads that came later, and payloads that were erased. Statements
 * of the log say so, and so they say which bundles are to be asked for again.
 */
import { isLogError } from '../core/errors.ts';
import { TILE_WIDTH } from '../core/tile.ts';
import { parseLeaf } from '../entry/leaf/leaf.ts';
import { readErasedStatement } from '../entry/submission/erased-statement.ts';
import { readAttachedStatement, readGenesisStatement } from '../entry/submission/log-statement.ts';
import type { LogIdentity } from '../log/identity.ts';
import { isSignedByLog, readAs } from '../log/own-statement.ts';
import type { BesideEntry } from './beside.ts';

/** The log as its genesis names it, whose leaf the tree holds. @throws LogError malformed_statement */
export function identityOfGenesis(payload: Uint8Array): LogIdentity {
  const { origin, logId, checkpointKey, timeKey, statementKey } = readGenesisStatement(payload);
  return { origin, logId, verifierKey: checkpointKey, timeVerifierKey: timeKey, statementKey };
}

/** Bundles with entries whose payloads this entry says to have come, or gone; none where it is no such statement. */
export function bundlesChangedBy(entry: BesideEntry, leaf: Uint8Array, identity: LogIdentity): number[] {
  const { payload } = entry;
  if (payload === undefined || !isOwn(leaf, identity)) return [];
  const attached = readAs(readAttachedStatement, payload.bytes) ?? [];
  const erased = readAs(readErasedStatement, payload.bytes)?.leaves ?? [];
  return [...attached, ...erased].map(({ index }) => Math.floor(index / TILE_WIDTH));
}

function isOwn(leaf: Uint8Array, identity: LogIdentity): boolean {
  try {
    return isSignedByLog(parseLeaf(leaf), identity);
  } catch (error) {
    if (isLogError(error, 'malformed_leaf')) return false;
    throw error;
  }
}
