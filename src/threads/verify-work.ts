/** What a verification worker does with a piece of a request: parses strictly, checks signatures, makes leaves. */
import { Unpackr } from 'msgpackr';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { parseStrictJson } from '../entry/strict-json.ts';
import { checkMsgpackItems } from '../entry/strict-msgpack.ts';
import { prepareSubmission } from '../entry/submission.ts';
import { asItemError } from '../log/item-error.ts';
import { toLoggable } from '../log/loggable.ts';
import { nativeChecks } from '../log/native-signatures.ts';
import type { SubmittedEntry } from '../log/signer-limit.ts';
import { splitLines } from './lines.ts';
import type { FromVerifier, WorkItem } from './messages.ts';

/** As for JSON: a thousand submissions, a thousand keys and values in each. */
const MSGPACK_LIMITS = { items: 1000, valuesPerItem: 2000, depth: 32 };

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

export interface VerifierSettings {
  /** Of the look-up index. */
  salt: Uint8Array;
  /** Hex SHA-256 of the SPKI of signers that may write without being admitted otherwise. */
  listedKeys: ReadonlySet<string>;
}

/** Every submission of the work ends as an entry, or in the report. */
export function verifyWork(
  work: readonly WorkItem[],
  settings: VerifierSettings,
): { entries: SubmittedEntry[]; report: FromVerifier } {
  const report: FromVerifier = { refused: [], counted: [], failed: [] };
  const entries: SubmittedEntry[] = [];
  for (const item of work) check(item, settings, entries, report);
  return { entries, report };
}

function check(
  work: WorkItem,
  { salt, listedKeys }: VerifierSettings,
  entries: SubmittedEntry[],
  report: FromVerifier,
): void {
  const { ticket, firstItem, admitted } = work;
  let submissions: (() => unknown)[];
  try {
    submissions = submissionsOf(work);
  } catch (error) {
    report.failed.push({ ticket, error: asItemError(error) });
    return;
  }
  if (work.format === 'msgpack') report.counted.push({ ticket, items: submissions.length });
  submissions.forEach((read, i) => {
    const item = firstItem + i;
    try {
      entries.push({ ticket, item, ...prepare(read(), admitted ? undefined : listedKeys, salt) });
    } catch (error) {
      report.refused.push({ ticket, item, error: asItemError(error) });
    }
  });
}

/** Readers of the submissions in a piece of work, each of which may throw for itself. */
function submissionsOf({ format, body }: WorkItem): (() => unknown)[] {
  if (format === 'json') return [() => parseStrictJson(body)];
  if (format === 'ndjson') return splitLines(body).map((line) => () => parseStrictJson(line));
  checkMsgpackItems(body, MSGPACK_LIMITS);
  const items = unpackr.unpack(body) as unknown[];
  return items.map((item) => () => item);
}

function prepare(
  submission: unknown,
  listedKeys: ReadonlySet<string> | undefined,
  salt: Uint8Array,
): Pick<SubmittedEntry, 'signers' | 'entry'> {
  const prepared = prepareSubmission(submission, nativeChecks);
  if (listedKeys !== undefined && !prepared.signers.every((signer) => listedKeys.has(toHex(signer)))) {
    throw new LogError('forbidden', 'the signer is not one of the keys that may write here');
  }
  return { signers: prepared.signers, entry: toLoggable(prepared, salt) };
}
