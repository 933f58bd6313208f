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
const LINE_END = '\r\n';

export class Connection {
  readonly #socket: Socket;
  /** What has come of the answer so far; taken apart when it is whole. */
  #received: Buffer[] = [];
  #length = 0;
  /** Once it is there. */
  #head: Head | undefined;
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
    let body: Buffer | undefined;
    try {
      this.#head ??= readHead(this.#whole());
      if (this.#head === undefined || this.#length < this.#head.end) return;
      body = this.#head.chunked ? readChunks(this.#whole(), this.#head.bodyStart) : this.#body(this.#head);
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if (body === undefined) return;
    const { status, isLast } = this.#head;
    const waiting = this.#waiting;
    this.#received = [];
    this.#length = 0;
    this.#head = undefined;
    this.#waiting = undefined;
    if (isLast) this.#socket.destroy();
    waiting?.resolve({ status, body });
  }

  /** All that has come, in one piece. */
  #whole(): Buffer {
    return this.#received.length === 1 ? this.#received[0]! : Buffer.concat(this.#received);
  }

  #body({ bodyStart, end }: Head): Buffer {
    return this.#whole().subarray(bodyStart, end);
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#socket.destroy();
    waiting?.reject(error);
  }
}

interface Head {
  status: number;
  bodyStart: number;
  /** Of the whole answer; of its head alone where nobody knows yet how much follows. */
  end: number;
  chunked: boolean;
  /** The server answers no more on this connection: it has had its share of requests. */
  isLast: boolean;
}

function readHead(received: Buffer): Head | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  const length = /\r\ncontent-length: *([0-9]+)/i.exec(head)?.[1];
  const chunked = /\r\ntransfer-encoding: *chunked/i.test(head);
  if (length === undefined && !chunked) throw new Error('the answer has neither a Content-Length nor chunks');
  const bodyStart = headEnd + HEAD_END.length;
  const isLast = /\r\nconnection: *close/i.test(head);
  return { status: Number(head.slice(9, 12)), bodyStart, end: bodyStart + Number(length ?? 0), chunked, isLast };
}

/** The body of an answer in chunks (RFC 9112 §7.1), without trailers; undefined where more is to come. */
function readChunks(received: Buffer, bodyStart: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = bodyStart; ; ) {
    const sizeEnd = received.indexOf(LINE_END, at);
    if (sizeEnd < 0) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, sizeEnd), 16);
    if (Number.isNaN(size)) throw new Error('a chunk of the answer has no length');
    const start = sizeEnd + LINE_END.length;
    at = start + size + LINE_END.length;
    if (received.length < at) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(received.subarray(start, start + size));
  }
}
