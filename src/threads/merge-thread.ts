/** The merge thread: nothing else in the process writes `index.db`. */
import { parentPort, workerData } from 'node:worker_threads';
import { asItemError } from '../log/item-error.ts';
import { openTierWriter } from '../storage/sqlite/index-db.ts';
import { openLogRows } from '../storage/sqlite/log-rows.ts';
import { type FromMerger, runMergeLoop } from './merge-loop.ts';
import type { MergerSettings } from './merger.ts';

const port = parentPort!;
const { index, log, logId } = workerData as MergerSettings;

let source: ReturnType<typeof openLogRows> | undefined;
try {
  source = openLogRows(log);
  const writer = openTierWriter(index, { logId, logSize: source.rows.head().size });
  runMergeLoop({ port, writer, log: source });
} catch (error) {
  source?.close();
  port.postMessage({ failed: asItemError(error) } satisfies FromMerger);
}
