/** Encodes for the timestamp authority; the only thread of a running log that loads the ASN.1 library. */
import { parentPort, workerData } from 'node:worker_threads';
import { asItemError } from '../log/item-error.ts';
import { libraryEncoder } from '../log/timestamp/timestamp-patterns.ts';
import type { FromTimestampThread, ToTimestampThread } from './timestamp-encoder.ts';

const encoder = libraryEncoder(workerData as Uint8Array[]);

parentPort!.on('message', async (call: ToTimestampThread) => {
  let answer: FromTimestampThread;
  try {
    answer = {
      value: call.name === 'shape' ? await encoder.shape(call.argument) : await encoder.rejection(call.argument),
    };
  } catch (error) {
    answer = { failed: asItemError(error) };
  }
  parentPort!.postMessage(answer);
});
