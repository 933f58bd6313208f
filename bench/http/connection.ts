/**
 * One kept-alive HTTP/1.1 connection with one request at a time. Written for a load generator, which shares its cores
 * with the server: requests are ready-made bytes, and of an answer's head only what is needed is read.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  body: Buffer;
}

const HEAD_END = Buffer.from('\r\n\r\n');

export class Connection {
  readonly #socket: Socket;
  /** What has come of the answer so far; taken apart when it is whole. */
  #received: Buffer[] = [];
  #length = 0;
  /** Bytes of the whole answer, once its head is there. */
  #expected: { status: number; bodyStart: number; end: number; isLast: boolean } | undefined;
  /** The request that waits. */
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** False once either side has closed it; servers close what is idle for some seconds. */
  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  send(request: Uint8Array): Promise<Answer> {
    if (!this.isOpen) return Promise.reject(new Error('the connection is closed'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#length += chunk.length;
    try {
      this.#expected ??= readHead(this.#received.length === 1 ? chunk : Buffer.concat(this.#received));
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if (this.#expected === undefined || this.#length < this.#expected.end) return;
    const { status, bodyStart, end, isLast } = this.#expected;
    const answer = this.#received.length === 1 ? chunk : Buffer.concat(this.#received);
    const waiting = this.#waiting;
    this.#received = [];
    this.#length = 0;
    this.#expected = undefined;
    this.#waiting = undefined;
    if (isLast) this.#socket.destroy();
    waiting?.resolve({ status, body: answer.subarray(bodyStart, end) });
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#socket.destroy();
    waiting?.reject(error);
  }
}

function readHead(received: Buffer): { status: number; bodyStart: number; end: number; isLast: boolean } | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  const length = /\r\ncontent-length: *([0-9]+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error('the load generator reads answers with a Content-Length only');
  const bodyStart = headEnd + HEAD_END.length;
  // The server answers no more on this connection: it has had its share of requests.
  const isLast = /\r\nconnection: *close/i.test(head);
  return { status: Number(head.slice(9, 12)), bodyStart, end: bodyStart + Number(length), isLast };
}
