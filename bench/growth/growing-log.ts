/** One log that grows through the batch route of the real server, and what can be measured of it. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BATCH_CLIENTS } from '../http/closed-loop.ts';
import { LoadGenerator, type LoadResult } from '../http/load.ts';
import { runOpenLoop } from '../http/open-loop.ts';
import { type LogFolder, makeLogFolder, type Server, startServer } from '../http/server.ts';
import { diskBytesWritten } from './disk-writes.ts';

/** Entries that one generator has in memory while it fills the log. */
const FILL_CHUNK = 10_000;
/** Of which one prepares and verifies while the other sends. */
const FILL_GENERATORS = 2;
const FILL_SECONDS = 120;
/** Entries that are made ready for each one expected in a window. */
const SPARE = 1.6;
const FILES = ['log.db', 'log.db-wal', 'index.db', 'index.db-wal'];

export interface BatchWindow {
  result: LoadResult;
  /** By the whole machine while the window lasted; undefined where that is not known. */
  bytesWritten: number | undefined;
}

/** Owns the folder, the server and the load generators. */
export class GrowingLog {
  readonly #folder: LogFolder;
  readonly #generators = Array.from({ length: FILL_GENERATORS }, () => new LoadGenerator());
  #server: Server;
  /** Entries per second of the batch route, as far as is known. */
  #expected = 10_000;

  private constructor(folder: LogFolder, server: Server) {
    this.#folder = folder;
    this.#server = server;
  }

  static async start(): Promise<GrowingLog> {
    const folder = makeLogFolder();
    return new GrowingLog(folder, await startServer(folder));
  }

  /** The server that runs now. */
  get server(): Server {
    return this.#server;
  }

  async size(): Promise<number> {
    const answer = await fetch(`${this.#server.url}/v1/log`);
    return ((await answer.json()) as { treeSize: number }).treeSize;
  }

  /** @returns what became of the entries */
  async fillTo(size: number): Promise<LoadResult[]> {
    let rest = size - (await this.size());
    const results: LoadResult[] = [];
    const clients = Math.ceil(BATCH_CLIENTS / FILL_GENERATORS);
    const fill = async (generator: LoadGenerator) => {
      while (rest > 0) {
        const submissions = Math.min(FILL_CHUNK, rest);
        rest -= submissions;
        const load = { loop: 'closed', clients } as const;
        const job = { form: 'dsse-ndjson', submissions, seconds: FILL_SECONDS, load } as const;
        results.push(await generator.run(this.#server, job));
      }
    };
    await Promise.all(this.#generators.map(fill));
    return results;
  }

  /** Single submissions arriving at a fixed rate. */
  singles(entriesPerSecond: number, seconds: number): Promise<LoadResult> {
    return runOpenLoop(this.#generators[0]!, this.#server, { form: 'dsse', entriesPerSecond, seconds });
  }

  /** The batch route with as many clients as keep it busy. */
  async batches(seconds: number): Promise<BatchWindow> {
    const submissions = Math.ceil(this.#expected * seconds * SPARE);
    const load = { loop: 'closed', clients: BATCH_CLIENTS } as const;
    const before = diskBytesWritten(this.#folder.data);
    const result = await this.#generators[0]!.run(this.#server, { form: 'dsse-ndjson', submissions, seconds, load });
    const after = diskBytesWritten(this.#folder.data);
    this.#expected = result.perSecond;
    return { result, bytesWritten: before === undefined || after === undefined ? undefined : after - before };
  }

  /** Of both databases with their write-ahead logs. */
  bytesOnDisk(): number {
    const paths = FILES.map((file) => join(this.#folder.data, file));
    return paths.reduce((sum, path) => sum + (existsSync(path) ? statSync(path).size : 0), 0);
  }

  /** Stops the server and starts it again. @returns milliseconds until it was ready */
  async restart(): Promise<number> {
    await this.#server.stop();
    this.#server = await startServer(this.#folder);
    return this.#server.startMilliseconds;
  }

  async close(): Promise<void> {
    for (const generator of this.#generators) generator.close();
    await this.#server.stop();
    this.#folder.remove();
  }
}
