/** Unique submissions, signed and encoded before any clock starts. */
import { generateKeyPairSync, hash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { Packr } from 'msgpackr';
import { pae } from '../src/entry/dsse.ts';

/** What a request holds: one DSSE envelope, one signature over a digest, or a batch of envelopes. */
export type Form = 'dsse' | 'digest' | 'ndjson' | 'msgpack';

export interface PreparedRequest {
  /** Head and body, as they go over the wire. */
  bytes: Buffer;
  /** The submissions in it, in their order. */
  submissions: Record<string, unknown>[];
}

export const BATCH_ITEMS = 1_000;
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
/** Signers, as of a few build systems. */
const SIGNERS = 8;

/** Requests with this many submissions in all, every one of them new to the log. */
export function prepareRequests(form: Form, submissions: number, host: string): PreparedRequest[] {
  const signers = Array.from({ length: SIGNERS }, makeSigner);
  const signer = (i: number) => signers[i % SIGNERS]!;
  if (form === 'dsse' || form === 'digest') {
    const make = form === 'dsse' ? (s: Signer) => envelope(s, toBase64) : artifact;
    return Array.from({ length: submissions }, (_, i) => {
      const submission = make(signer(i));
      return {
        bytes: post(host, '/v1/entries', 'application/json', Buffer.from(JSON.stringify(submission))),
        submissions: [submission],
      };
    });
  }
  const packr = new Packr({ useRecords: false });
  const [make, type, encode] =
    form === 'ndjson'
      ? ([(s: Signer) => envelope(s, toBase64), 'application/x-ndjson', encodeLines] as const)
      : ([
          (s: Signer) => envelope(s, (b) => b),
          'application/msgpack',
          (items: unknown[]) => packr.pack(items),
        ] as const);
  return Array.from({ length: Math.ceil(submissions / BATCH_ITEMS) }, () => {
    const items = Array.from({ length: BATCH_ITEMS }, (_, i) => make(signer(i)));
    return { bytes: post(host, '/v1/entries:batch', type, encode(items)), submissions: items };
  });
}

interface Signer {
  privateKey: KeyObject;
  publicKeyPem: string;
}

function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** A small provenance statement of 700 bytes in an envelope. `bytes` encodes what JSON has no form for. */
function envelope({ privateKey, publicKeyPem }: Signer, bytes: (raw: Buffer) => string | Buffer) {
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

function encodeLines(items: unknown[]): Buffer {
  return Buffer.from(items.map((item) => `${JSON.stringify(item)}\n`).join(''));
}

function toBase64(raw: Buffer): string {
  return raw.toString('base64');
}

function post(host: string, path: string, type: string, body: Buffer): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
