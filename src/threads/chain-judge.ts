/** The main thread's end of the thread that judges stored certificates, with what it has said before. */
import { Worker } from 'node:worker_threads';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { boundedCache } from '../entry/encoding/bounded-cache.ts';
import type { TrustedCertificates } from '../entry/trust/chain-trust.ts';
import type { ChainMark } from '../entry/x509/certificate.ts';
import { fromItemError } from '../log/item-error.ts';
import type { CertificateJudge, LogReader, StoredEntry } from '../log/log.ts';
import type { ChainThreadSettings, FromChainThread, ToChainThread } from './messages.ts';

/** Entries whose marks are remembered; they change only when something more comes along with an entry. */
const REMEMBERED = 16_384;
/** Entries of one question: reading the time of each takes this thread 0.1 ms, and others want to be served between. */
const ENTRIES_PER_QUESTION = 16;

interface Question {
  resolve(marks: ChainMark[][]): void;
  reject(error: Error): void;
}

export class ChainJudge implements CertificateJudge {
  readonly #trusted: TrustedCertificates;
  readonly #reader: Pick<LogReader, 'checkpointCovering'>;
  readonly #known = boundedCache<ChainMark[]>(REMEMBERED);
  /** Started with the first question, and again after it died. */
  #worker: Worker | undefined;
  readonly #questions = new Map<number, Question>();
  #nextQuestion = 0;

  constructor(trusted: TrustedCertificates, reader: Pick<LogReader, 'checkpointCovering'>) {
    this.#trusted = trusted;
    this.#reader = reader;
  }

  async marks(entries: readonly StoredEntry[]): Promise<ChainMark[][]> {
    const marks: ChainMark[][] = [];
    for (let start = 0; start < entries.length; start += ENTRIES_PER_QUESTION) {
      marks.push(...(await this.#some(entries.slice(start, start + ENTRIES_PER_QUESTION))));
    }
    return marks;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #some(entries: readonly StoredEntry[]): Promise<ChainMark[][]> {
    const marks = entries.map((entry) => this.#known.peek(keyOf(entry)));
    const unknown = entries.filter((_, i) => marks[i] === undefined);
    const answers = unknown.length === 0 ? [] : await this.#ask(unknown);
    for (const [i, entry] of unknown.entries()) this.#known.get(keyOf(entry), () => answers[i]!);
    let next = 0;
    return marks.map((known) => known ?? answers[next++]!);
  }

  #ask(entries: readonly StoredEntry[]): Promise<ChainMark[][]> {
    const stored = entries.map(({ index, leaf, companions }) => ({
      leaf,
      companions,
      time: this.#reader.checkpointCovering(index).time,
    }));
    const worker = this.#started();
    const question = this.#nextQuestion++;
    return new Promise((resolve, reject) => {
      this.#questions.set(question, { resolve, reject });
      worker.postMessage({ question, entries: stored } satisfies ToChainThread);
    });
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const workerData: ChainThreadSettings = { trusted: this.#trusted };
    const worker = new Worker(new URL('./chain-thread.js', import.meta.url), { workerData });
    worker.on('message', (answer: FromChainThread) => {
      const asked = this.#questions.get(answer.question);
      this.#questions.delete(answer.question);
      if ('marks' in answer) asked?.resolve(answer.marks);
      else asked?.reject(fromItemError(answer.error));
    });
    worker.on('error', (cause) => this.#fail(worker, cause));
    worker.on('exit', () => this.#fail(worker, undefined));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  /** Only readers have been waiting, and they are told; nothing that is written depends on this thread. */
  #fail(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const error = new LogError('internal', 'the certificates could not be judged', { cause });
    for (const { reject } of this.#questions.values()) reject(error);
    this.#questions.clear();
  }
}

/** What came along with an entry is only ever added to, so its number tells one state from another. */
function keyOf({ leafHash, companions }: StoredEntry): string {
  return `${toHex(leafHash)} ${companions.length}`;
}
