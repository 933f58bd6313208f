/** Unique submissions, signed and encoded before any clock starts. */
import { generateKeyPairSync, hash, type KeyObject, randomFillSync, sign } from 'node:crypto';
import { Packr } from 'msgpackr';
import { pae } from '../../src/entry/leaf/dsse.ts';

/** What is submitted, and how: one in a request as JSON, or a batch of them. */
export type Form = 'dsse' | 'digest' | 'dsse-ndjson' | 'dsse-msgpack' | 'digest-ndjson';

/**
 * Kept as bytes alone: tens of thousands of requests wait while a server is measured, and as objects they would keep
 * the load generator's garbage collector busy.
 */
export interface PreparedRequest {
  /** Head and body, as they go over the wire. */
  bytes: Buffer;
  /** Where the body begins. */
  bodyStart: number;
  /** Number of submissions in it. */
  items: number;
}

/** Submissions in a request of the batch route. */
export const BATCH_ITEMS = 1_000;
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
/** Signers, as of a few build systems. */
const SIGNERS = 8;

interface Encoding {
  path: string;
  type: string;
  /** Most submissions in a request. */
  items: number;
  /** How bytes are written that JSON has no form for. */
  bytes: (raw: Buffer) => string | Buffer;
  encode: (submissions: object[]) => Buffer;
  decode: (body: Buffer) => unknown[];
}

const packr = new Packr({ useRecords: false });

const JSON_SINGLE: Encoding = {
  path: '/v1/entries',
  type: 'application/json',
  items: 1,
  bytes: (raw) => raw.toString('base64'),
  encode: ([submission]) => Buffer.from(JSON.stringify(submission)),
  decode: (body) => [JSON.parse(body.toString())],
};

const NDJSON: Encoding = {
  path: '/v1/entries:batch',
  type: 'application/x-ndjson',
  items: BATCH_ITEMS,
  bytes: (raw) => raw.toString('base64'),
  encode: (submissions) => Buffer.from(submissions.map((submission) => `${JSON.stringify(submission)}\n`).join('')),
  decode: (body) =>
    body
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
};

const MSGPACK: Encoding = {
  path: '/v1/entries:batch',
  type: 'application/msgpack',
  items: BATCH_ITEMS,
  bytes: (raw) => raw,
  encode: (submissions) => packr.pack(submissions),
  decode: (body) => packr.unpack(body),
};

/** Requests and their answers have the same encoding. */
const ENCODINGS: Record<Form, Encoding> = {
  dsse: JSON_SINGLE,
  digest: JSON_SINGLE,
  'dsse-ndjson': NDJSON,
  'dsse-msgpack': MSGPACK,
  'digest-ndjson': NDJSON,
};

/** Submissions in a full request. */
export function itemsPerRequest(form: Form): number {
  return ENCODINGS[form].items;
}

/** Requests with this many submissions in all, every one of them new to the log. */
export function prepareRequests(form: Form, submissions: number, host: string): PreparedRequest[] {
  const { path, type, items, bytes, encode } = ENCODINGS[form];
  const make = form.startsWith('digest') ? artifact : envelope;
  const requests: PreparedRequest[] = [];
  for (let made = 0; made < submissions; made += items) {
    const count = Math.min(items, submissions - made);
    const body = encode(Array.from({ length: count }, (_, i) => make(signer(made + i), bytes)));
    requests.push(post(host, path, type, body, count));
  }
  return requests;
}

/** What was submitted, in its order, read back from what was sent. */
export function submissionsIn(form: Form, { bytes, bodyStart }: PreparedRequest): unknown[] {
  return ENCODINGS[form].decode(bytes.subarray(bodyStart));
}

/** The results in an answer with success, in their order. */
export function resultsIn(form: Form, body: Buffer): unknown[] {
  return ENCODINGS[form].decode(body);
}

interface Signer {
  privateKey: KeyObject;
  publicKeyPem: string;
}

function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

const signers: Signer[] = [];

function signer(i: number): Signer {
  if (signers.length === 0) for (let made = 0; made < SIGNERS; made++) signers.push(makeSigner());
  return signers[i % SIGNERS]!;
}

const pool = Buffer.alloc(65_536);
let poolUsed = pool.length;

/** Random bytes, asked for in large pieces: each call to the system costs as much as half a signature. */
function randomBytes(length: number): Buffer {
  if (poolUsed + length > pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  poolUsed += length;
  return pool.subarray(poolUsed - length, poolUsed);
}

/** A small provenance statement of 700 bytes in an envelope. */
function envelope({ privateKey, publicKeyPem }: Signer, bytes: Encoding['bytes']) {
  const payload = Buffer.from(statement());
  const signature = sign('sha256', pae(PAYLOAD_TYPE, payload), privateKey);
  return {
    envelope: {
      payloadType: PAYLOAD_TYPE,
      payload: bytes(payload),
      signatures: [{ keyid: '', sig: bytes(signature) }],
    },
    publicKey: publicKeyPem,
  };
}

function statement(): string {
  const digest = randomBytes(32).toString('hex');
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `example-${digest.slice(0, 8)}.tar.gz`, digest: { sha256: digest } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://example.com/build/v1',
        externalParameters: { repository: 'https://example.com/team/project', ref: 'refs/heads/main' },
        resolvedDependencies: [
          {
            uri: 'git+https://example.com/team/project',
            digest: { gitCommit: randomBytes(20).toString('hex') },
          },
        ],
      },
      runDetails: {
        builder: { id: 'https://example.com/builders/linux-x64' },
        metadata: {
          invocationId: `https://example.com/builds/${digest.slice(8, 24)}`,
          startedOn: '2026-01-01T00:00:00Z',
        },
      },
    },
  });
}

function artifact({ privateKey, publicKeyPem }: Signer) {
  const content = randomBytes(32);
  const signature = sign('sha256', content, privateKey);
  return {
    artifact: { sha256: hash('sha256', content, 'hex') },
    signature: signature.toString('base64'),
    publicKey: publicKeyPem,
  };
}

function post(host: string, path: string, type: string, body: Buffer, items: number): PreparedRequest {
  const head = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  return { bytes: Buffer.concat([head, body]), bodyStart: head.length, items };
}
