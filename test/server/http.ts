/** A small HTTP client that keeps its connections, and lets a test see what came back. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { parseCheckpoint } from '../../src/core/checkpoint.ts';
import { parseNote } from '../../src/core/note.ts';
import type { Signed } from './signed.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** An acknowledgement on the wire; only what the tests read. */
export interface Acknowledgement {
  index: number;
  leafHash: string;
  duplicate: boolean;
  inclusionProof: { index: number; treeSize: number; rootHash: string; hashes: string[] };
  checkpoint: string;
  payload: 'stored' | 'attached' | 'absent' | 'erased';
  attachedAt?: { index: number; inclusionProof: Acknowledgement['inclusionProof']; checkpoint: string };
}

export interface ProblemJson {
  code: string;
  status: number;
}

export class Http {
  readonly #url: string;
  readonly #agent: Agent;

  constructor(url: string, connections = 32) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @throws the network's error, where there is no answer */
  send(method: string, path: string, body?: string | Buffer, type = 'application/json'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
      const sent = request(`${this.#url}${path}`, { method, agent: this.#agent, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  /** @throws Error where the answer is not 200 */
  async json<T>(path: string): Promise<T> {
    const { status, body } = await this.get(path);
    if (status !== 200) throw new Error(`GET ${path} was answered ${status}: ${body}`);
    return JSON.parse(body.toString()) as T;
  }

  submit(signed: Signed): Promise<Answer> {
    return this.send('POST', '/v1/entries', signed.body);
  }

  /** @throws Error where it is not acknowledged */
  async log(signed: Signed): Promise<Acknowledgement> {
    const { status, body } = await this.submit(signed);
    if (status !== 200 && status !== 201) throw new Error(`the submission was answered ${status}: ${body}`);
    return JSON.parse(body.toString()) as Acknowledgement;
  }

  /** One result per item, in order. */
  async logBatch(items: Signed[]): Promise<(Acknowledgement | { error: ProblemJson })[]> {
    const lines = items.map((item) => `${item.body}\n`).join('');
    const { status, body } = await this.send('POST', '/v1/entries:batch', lines, 'application/x-ndjson');
    if (status !== 200) throw new Error(`the batch was answered ${status}: ${body}`);
    const results = body.toString().trimEnd().split('\n');
    return results.map((line) => JSON.parse(line) as Acknowledgement | { error: ProblemJson });
  }

  /** The newest checkpoint's size and root, as the log signed them. */
  async head(): Promise<{ size: number; rootHash: string }> {
    const { body } = await this.get('/checkpoint');
    const { size, root } = parseCheckpoint(parseNote(body).text);
    return { size, rootHash: Buffer.from(root).toString('hex') };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The code of a problem, and what else of it tests look at. */
export function problemOf({ status, headers, body }: Answer): { status: number; code: string; retryAfter: number } {
  const { code } = JSON.parse(body.toString()) as ProblemJson;
  return { status, code, retryAfter: Number(headers['retry-after']) };
}

/** Asks again until the answer is as wanted. @throws Error after ten seconds */
export async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`it never came as wanted; last: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
