/** Batches within the log's limits, and what `POST /v1/entries:batch` answers. */
import { decodeUtf8 } from '../core/bytes.ts';
import { readJson, readObject, readReceipt, type StatedReceipt, unexpected } from './answer.ts';
import { errorOfProblem } from './problem.ts';

/** Items in one request. */
const BATCH_ITEMS = 1000;
/** Characters in one request, well below the 64 MiB that a log takes; a single larger item goes alone. */
const BATCH_CHARACTERS = 8 * 1024 * 1024;

/** Cuts items into batches, in order. */
export function* batchesOf<T extends { line: string }>(items: readonly T[]): Generator<T[]> {
  let batch: T[] = [];
  let length = 0;
  for (const item of items) {
    if (batch.length > 0 && (batch.length === BATCH_ITEMS || length + item.line.length > BATCH_CHARACTERS)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(item);
    length += item.line.length + 1;
  }
  if (batch.length > 0) yield batch;
}

/**
 * The results of a batch answer, each to be called for its receipt or its error.
 * @throws LogError answer_unexpected where there are not as many results as items
 */
export function readBatchAnswer(body: Uint8Array, items: number): (() => StatedReceipt)[] {
  const lines = (decodeUtf8(body) ?? '').split('\n').filter((line) => line.trim() !== '');
  if (lines.length !== items) throw unexpected('a batch has another number of results than of items');
  return lines.map((line) => () => readResult(line));
}

function readResult(line: string): StatedReceipt {
  const result = readObject(readJson(new TextEncoder().encode(line)), 'a result');
  if (result.error === undefined) return readReceipt(result);
  const problem = readObject(result.error, 'an error');
  throw errorOfProblem(problem, typeof problem.status === 'number' ? problem.status : 500);
}
