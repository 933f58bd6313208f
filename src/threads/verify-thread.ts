/** A verification worker: takes work from the main thread, and sends what is sound straight to the writer. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { crashPoint } from '../log/crash-points.ts';
import { entryStamp } from '../log/timestamp/entry-stamp.ts';
import type { ToVerifier } from './messages.ts';
import { packEntries } from './packing.ts';
import { type VerifierSettings, verifyWork } from './verify-work.ts';

let setUp: (VerifierSettings & { writer: MessagePort; done: Int32Array }) | undefined;

parentPort!.on('message', (message: ToVerifier) => {
  if ('setUp' in message) {
    const { listedKeys, stamping, ...rest } = message.setUp;
    setUp = { ...rest, listedKeys: new Set(listedKeys), stamp: stamping && entryStamp(stamping) };
    return;
  }
  if (setUp === undefined) throw new Error('work arrived before the worker was set up');
  crashPoint('accepted');
  const { entries, report } = verifyWork(message.work, setUp);
  crashPoint('checked');
  if (entries.length > 0) {
    const packed = packEntries(entries);
    setUp.writer.postMessage(packed, [packed.buffer]);
  }
  Atomics.add(setUp.done, 0, message.work.length);
  if (report.refused.length + report.counted.length + report.failed.length > 0) parentPort!.postMessage(report);
});
