/** Checks ranges of a log, on a connection of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { type FsckRange, rangeChecker } from '../log/fsck-range.ts';
import { asItemError } from '../log/item-error.ts';
import { openLogRows } from '../storage/sqlite/log-rows.ts';
import type { FromFsckThread, FsckThreadSettings } from './fsck-threads.ts';

const { rows } = openLogRows((workerData as FsckThreadSettings).log);
const check = rangeChecker(rows, rows.identity());

parentPort!.on('message', (range: FsckRange) => {
  let answer: FromFsckThread;
  try {
    answer = { checked: check(range) };
  } catch (error) {
    answer = { failed: asItemError(error) };
  }
  parentPort!.postMessage(answer);
});
