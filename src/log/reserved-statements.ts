/**
 * Statements that take effect in the log's name, and so only while nobody writes to it. Its statement key can be used by
 * whoever runs the log; what that key signed is still refused as a submission.
 */

import { equalBytes } from '../core/bytes.ts';
import { parsePublicKeyPem } from '../entry/keys/public-key.ts';
import { readFeedStatement } from '../entry/submission/feed-statement.ts';
import { readFrozenStatement, readKeyStatement } from '../entry/submission/log-statement.ts';
import { readTombstone } from './erasure.ts';
import type { LogIdentity } from './identity.ts';
import { readAs } from './own-statement.ts';
import type { SubmittedEntry } from './signer-limit.ts';

/** Tells which submitted entries the running log must not append; with what to say of them. */
export function reservedAs({ statementKey }: LogIdentity): (entry: SubmittedEntry) => string | undefined {
  const { spkiHash } = parsePublicKeyPem(statementKey);
  return ({ signers, entry: { payload } }) => {
    if (payload === undefined || !signers.some((signer) => equalBytes(signer, spkiHash))) return undefined;
    if (readAs(readFrozenStatement, payload.bytes)) return 'a log is ended by countersign freeze, not by a submission';
    if (readTombstone(payload.bytes)) return 'a payload is erased by countersign erase, not by a submission';
    if (readAs(readFeedStatement, payload.bytes))
      return 'a log puts control statements into effect itself, not by a submission';
    if (readAs(readKeyStatement, payload.bytes)) return 'a key is named by countersign add-key, not by a submission';
    return undefined;
  };
}
