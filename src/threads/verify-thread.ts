/** A verification worker: parses strictly, checks signatures, makes leaves, and sends them straight to the writer. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { Unpackr } from 'msgpackr';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { parseStrictJson } from '../entry/strict-json.ts';
import { prepareSubmission } from '../entry/submission.ts';
import { crashPoint } from '../log/crash-points.ts';
import { asItemError } from '../log/item-error.ts';
import { toLoggable } from '../log/loggable.ts';
import { nativeChecks } from '../log/native-signatures.ts';
import type { LoggableEntry } from '../log/planner.ts';
import type { PooledEntry } from '../log/sequencer.ts';
import { splitLines } from './lines.ts';
import { type FromVerifier, packEntries, type ToVerifier, type WorkItem } from './messages.ts';

/** Submissions in one batch request. */
const MAX_ITEMS = 1000;

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

interface SetUp {
  salt: Uint8Array;
  writer: MessagePort;
  listedKeys: Set<string>;
}

let setUp: SetUp | undefined;

parentPort!.on('message', (message: ToVerifier) => {
  if ('setUp' in message) {
    setUp = { ...message.setUp, listedKeys: new Set(message.setUp.listedKeys) } as unknown as SetUp;
    return;
  }
  if (setUp === undefined) throw new Error('work arrived before the worker was set up');
  crashPoint('accepted');
  const report: FromVerifier = { done: message.work.length, refused: [], counted: [], failed: [] };
  const entries: PooledEntry[] = [];
  for (const work of message.work) check(work, setUp, entries, report);
  crashPoint('checked');
  if (entries.length > 0) {
    const packed = packEntries(entries);
    setUp.writer.postMessage(packed, [packed.buffer]);
  }
  parentPort!.postMessage(report);
});

function check(work: WorkItem, { salt, listedKeys }: SetUp, entries: PooledEntry[], report: FromVerifier): void {
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
      entries.push({ ticket, item, entry: prepare(read(), admitted ? undefined : listedKeys, salt) });
    } catch (error) {
      report.refused.push({ ticket, item, error: asItemError(error) });
    }
  });
}

/** Readers of the submissions in a piece of work, each of which may throw for itself. */
function submissionsOf({ format, body }: WorkItem): (() => unknown)[] {
  if (format === 'json') return [() => parseStrictJson(body)];
  if (format === 'ndjson') return splitLines(body).map((line) => () => parseStrictJson(line));
  let items: unknown;
  try {
    items = unpackr.unpack(body);
  } catch (cause) {
    throw new LogError('malformed_msgpack', 'the body is not one msgpack value', { cause });
  }
  if (!Array.isArray(items)) throw new LogError('malformed_msgpack', 'the body must be an array of submissions');
  if (items.length > MAX_ITEMS) throw new LogError('limit_exceeded', `a batch holds at most ${MAX_ITEMS} submissions`);
  return items.map((item) => () => item);
}

function prepare(submission: unknown, listedKeys: Set<string> | undefined, salt: Uint8Array): LoggableEntry {
  const prepared = prepareSubmission(submission, nativeChecks);
  if (listedKeys !== undefined && !prepared.signers.every((signer) => listedKeys.has(toHex(signer)))) {
    throw new LogError('forbidden', 'the signer is not one of the keys that may write here');
  }
  return toLoggable(prepared, salt);
}
