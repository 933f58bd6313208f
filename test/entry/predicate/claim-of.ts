import { readStatementText } from '../../../src/entry/leaf/statement.ts';
import type { Claim } from '../../../src/entry/predicate/claim.ts';
import { claimTerms } from '../../../src/entry/predicate/claim-terms.ts';
import { readClaim } from '../../../src/entry/predicate/read-claim.ts';

/** What a statement claims, in plain objects without what is undefined, so that it can be compared with literals. */
export function claimOf(statement: unknown): Record<string, unknown> {
  return plain(typedClaimOf(statement)) as Record<string, unknown>;
}

export function typedClaimOf(statement: unknown): Claim {
  return readClaim(readStatementText(JSON.stringify(statement))!);
}

export function termsOf(statement: unknown): string[] {
  const read = readStatementText(JSON.stringify(statement))!;
  return claimTerms(readClaim(read), read).map(({ kind, value }) => `${kind} ${value}`);
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, one) => (one instanceof Map ? Object.fromEntries(one) : one)));
}
