/** Unique submissions, signed and encoded before any clock starts. */
import { Packr } from 'msgpackr';
import { type AnswerCheck, indexCheck, nativeCheck } from './answer-checks.ts';
import { rekorV1Check, rekorV2Check } from './door-answer-checks.ts';
import { dsseV1, dsseV2, hashedRekordV1, hashedRekordV2, intotoV1 } from './door-submissions.ts';
import type { LoadTarget } from './load.ts';
import { PAYLOAD_TYPE, signArtifact, signStatement } from './signed.ts';
import { certifiedSigner, keySigner, type Signer } from './signers.ts';

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

/** How requests are written and their answers read. */
interface Encoding {
  path: string;
  type: string;
  /** Most submissions in a request. */
  items: number;
  /** How bytes are written that JSON has no form for. */
  bytes: (raw: Buffer) => string | Buffer;
  encode: (submissions: object[]) => Buffer;
  decode: (body: Buffer) => unknown[];
  /** Of each answer. */
  check: (target: LoadTarget) => AnswerCheck;
}

const packr = new Packr({ useRecords: false });

const JSON_SINGLE: Encoding = {
  path: '/v1/entries',
  type: 'application/json',
  items: 1,
  bytes: (raw) => raw.toString('base64'),
  encode: ([submission]) => Buffer.from(JSON.stringify(submission)),
  decode: (body) => [JSON.parse(body.toString())],
  check: nativeCheck,
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
  check: nativeCheck,
};

const MSGPACK: Encoding = {
  path: '/v1/entries:batch',
  type: 'application/msgpack',
  items: BATCH_ITEMS,
  bytes: (raw) => raw,
  encode: (submissions) => packr.pack(submissions),
  decode: (body) => packr.unpack(body),
  check: nativeCheck,
};

const V2: Encoding = { ...JSON_SINGLE, path: '/api/v2/log/entries', check: rekorV2Check };
const V1: Encoding = { ...JSON_SINGLE, path: '/api/v1/log/entries', check: rekorV1Check };

/** Tessera's server logs the body itself, whatever it says. */
const TESSERA: Encoding = { ...JSON_SINGLE, path: '/add', check: indexCheck };

interface FormOf {
  /** Of requests and their answers. */
  encoding: Encoding;
  signer: (i: number) => Signer;
  make: (signer: Signer, bytes: Encoding['bytes']) => object;
}

const FORMS = {
  dsse: { encoding: JSON_SINGLE, signer: keySigner, make: envelope },
  'dsse-certificate': { encoding: JSON_SINGLE, signer: certifiedSigner, make: envelope },
  digest: { encoding: JSON_SINGLE, signer: keySigner, make: artifact },
  'digest-certificate': { encoding: JSON_SINGLE, signer: certifiedSigner, make: artifact },
  'dsse-ndjson': { encoding: NDJSON, signer: keySigner, make: envelope },
  'dsse-msgpack': { encoding: MSGPACK, signer: keySigner, make: envelope },
  'digest-ndjson': { encoding: NDJSON, signer: keySigner, make: artifact },
  'v2-hashedrekord': { encoding: V2, signer: keySigner, make: hashedRekordV2 },
  'v2-hashedrekord-certificate': { encoding: V2, signer: certifiedSigner, make: hashedRekordV2 },
  'v2-dsse': { encoding: V2, signer: keySigner, make: dsseV2 },
  'v2-dsse-certificate': { encoding: V2, signer: certifiedSigner, make: dsseV2 },
  'v1-hashedrekord': { encoding: V1, signer: keySigner, make: hashedRekordV1 },
  'v1-hashedrekord-certificate': { encoding: V1, signer: certifiedSigner, make: hashedRekordV1 },
  'v1-dsse': { encoding: V1, signer: keySigner, make: dsseV1 },
  'v1-dsse-certificate': { encoding: V1, signer: certifiedSigner, make: dsseV1 },
  tessera: { encoding: TESSERA, signer: keySigner, make: hashedRekordV2 },
  'v1-intoto': { encoding: V1, signer: keySigner, make: intotoV1 },
} satisfies Record<string, FormOf>;

/** What is submitted, where, and how: one in a request as JSON, or a batch of them. */
export type Form = keyof typeof FORMS;

/** Submissions in a full request. */
export function itemsPerRequest(form: Form): number {
  return FORMS[form].encoding.items;
}

/** Requests with this many submissions in all, every one of them new to the log. */
export function prepareRequests(form: Form, submissions: number, host: string): PreparedRequest[] {
  const { encoding, signer, make }: FormOf = FORMS[form];
  const { path, type, items, bytes, encode } = encoding;
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
  return FORMS[form].encoding.decode(bytes.subarray(bodyStart));
}

/** The results in an answer with success, in their order. */
export function resultsIn(form: Form, body: Buffer): unknown[] {
  return FORMS[form].encoding.decode(body);
}

/** How each answer to what was submitted is checked. */
export function checkOf(form: Form, target: LoadTarget): AnswerCheck {
  return FORMS[form].encoding.check(target);
}

function envelope(signer: Signer, bytes: Encoding['bytes']) {
  const { payload, signature } = signStatement(signer);
  return {
    envelope: {
      payloadType: PAYLOAD_TYPE,
      payload: bytes(payload),
      signatures: [{ keyid: '', sig: bytes(signature) }],
    },
    [signer.verifier]: signer.pem,
  };
}

function artifact(signer: Signer) {
  const { digest, signature } = signArtifact(signer);
  return {
    artifact: { sha256: digest.toString('hex') },
    signature: signature.toString('base64'),
    [signer.verifier]: signer.pem,
  };
}

export function post(host: string, path: string, type: string, body: Buffer, items: number): PreparedRequest {
  const head = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  return { bytes: Buffer.concat([head, body]), bodyStart: head.length, items };
}
