/** What a claim is read from: the parts of an in-toto statement, however it was parsed. */
import type { Members } from '../encoding/members.ts';
import type { Digests } from './claim.ts';

export interface ClaimedSubject {
  readonly name: string | undefined;
  readonly uri?: string;
  readonly digests: Digests;
  readonly annotations?: Members;
}

export interface StatementContent {
  readonly predicateType: string;
  /** As parsed; undefined where it is left out. */
  readonly predicate: unknown;
  readonly subjects: readonly ClaimedSubject[];
}
