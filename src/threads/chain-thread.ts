/** Judges the certificates of stored entries, away from the thread that answers requests. */
import { parentPort, workerData } from 'node:worker_threads';
import { chainMarks } from '../log/chain-marks.ts';
import { asItemError } from '../log/item-error.ts';
import type { ChainThreadSettings, FromChainThread, ToChainThread } from './messages.ts';

const { trusted } = workerData as ChainThreadSettings;

parentPort!.on('message', ({ question, entries }: ToChainThread) => {
  parentPort!.postMessage({ question, ...answerTo(entries) } satisfies FromChainThread);
});

function answerTo(entries: ToChainThread['entries']) {
  try {
    return { marks: entries.map((entry) => chainMarks(entry, trusted)) };
  } catch (error) {
    return { error: asItemError(error) };
  }
}
