/** What judges artifacts in a log that is served: one of each per log, since each keeps what it has read. */
import { toHex } from '../core/bytes.ts';
import { parsePublicKeyPem } from '../entry/keys/public-key.ts';
import { DecisionLedger } from '../evidence/decisions/decision-ledger.ts';
import { Reconsideration } from '../evidence/decisions/reconsideration.ts';
import { evidenceOf } from '../evidence/facts/evidence-of.ts';
import { LogEvidence } from '../evidence/facts/log-evidence.ts';
import { LogRevocation } from '../evidence/revocation/log-revocation.ts';
import type { Log } from '../log/log.ts';
import type { HttpConfig } from './config.ts';

export interface GateParts {
  readonly evidence: LogEvidence;
  readonly revocation: LogRevocation;
  readonly decisions: Reconsideration;
}

/** The operator speaks with the statement key; first authorities are also configured. */
export function gateParts(log: Log, { authorities }: Pick<HttpConfig, 'authorities'>): GateParts {
  const { spkiHash } = parsePublicKeyPem(log.identity.statementKey);
  const roots = { operators: [{ key: toHex(spkiHash) }], authorities };
  const evidence = new LogEvidence(log);
  const revocation = new LogRevocation(log, roots, (entry, marks) => evidenceOf(entry, marks, 0).credentials);
  return { evidence, revocation, decisions: new Reconsideration(new DecisionLedger(log), evidence, revocation) };
}
