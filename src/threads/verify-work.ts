/** What a verification worker does with a piece of a request: parses strictly, checks signatures, makes leaves. */
import { Unpackr } from 'msgpackr';
import { parseStrictJson } from '../entry/encoding/strict-json.ts';
import { checkMsgpackItems } from '../entry/encoding/strict-msgpack.ts';
import { prepareRekorV1Request } from '../entry/rekor/rekor-v1-request.ts';
import { prepareRekorV2Request } from '../entry/rekor/rekor-v2-request.ts';
import type { PreparedEntry } from '../entry/submission/prepared-entry.ts';
import { prepareSubmission } from '../entry/submission/submission.ts';
import { checkSigners, type SignerRules } from '../log/certificate-policy.ts';
import { asItemError } from '../log/item-error.ts';
import { toLoggable } from '../log/loggable.ts';
import { nativeChecks } from '../log/native/native-signatures.ts';
import { refuseSecrets } from '../log/secrets/refuse-secrets.ts';
import type { SubmittedEntry } from '../log/signer-limit.ts';
import type { EntryStamp } from '../log/timestamp/entry-stamp.ts';
import { splitLines } from './lines.ts';
import type { FromVerifier, WorkItem } from './messages.ts';

/** As for JSON: a thousand submissions, a thousand keys and values in each. */
const MSGPACK_LIMITS = { items: 1000, valuesPerItem: 2000, depth: 32 };

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

export interface VerifierSettings extends SignerRules {
  /** Of the look-up index. */
  salt: Uint8Array;
  /** Where the log runs a timestamp authority. */
  stamp?: EntryStamp | undefined;
  /** Payloads that hold credentials are refused. */
  refuseSecrets: boolean;
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

function check(work: WorkItem, settings: VerifierSettings, entries: SubmittedEntry[], report: FromVerifier): void {
  const { ticket, firstItem, admitted, format } = work;
  const returnsLeaf = format === 'rekor-v1' || format === 'rekor-v2';
  let submissions: (() => PreparedEntry)[];
  try {
    submissions = submissionsOf(work);
  } catch (error) {
    report.failed.push({ ticket, error: asItemError(error) });
    return;
  }
  if (format === 'msgpack') report.counted.push({ ticket, items: submissions.length });
  submissions.forEach((prepare, i) => {
    const item = firstItem + i;
    try {
      const prepared = prepare();
      if (settings.refuseSecrets && prepared.payload !== undefined) refuseSecrets(prepared.payload.bytes);
      const complaint = checkSigners(prepared, admitted, settings);
      const unlessKnown = complaint && asItemError(complaint);
      const entry = toLoggable(prepared, settings.salt, unlessKnown ? undefined : settings.stamp);
      entries.push({ ticket, item, returnsLeaf, unlessKnown, signers: prepared.signers, entry });
    } catch (error) {
      report.refused.push({ ticket, item, error: asItemError(error) });
    }
  });
}

/** Prepares the submissions in a piece of work, each of which may throw for itself. */
function submissionsOf({ format, body }: WorkItem): (() => PreparedEntry)[] {
  switch (format) {
    case 'json':
      return [() => prepareSubmission(parseStrictJson(body), nativeChecks)];
    case 'ndjson':
      return splitLines(body).map((line) => () => prepareSubmission(parseStrictJson(line), nativeChecks));
    case 'msgpack': {
      checkMsgpackItems(body, MSGPACK_LIMITS);
      const items = unpackr.unpack(body) as unknown[];
      return items.map((item) => () => prepareSubmission(item, nativeChecks));
    }
    case 'rekor-v1':
      return [() => prepareRekorV1Request(parseStrictJson(body), nativeChecks)];
    case 'rekor-v2':
      return [() => prepareRekorV2Request(parseStrictJson(body), nativeChecks)];
  }
}
