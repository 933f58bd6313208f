/** DSSE envelopes (Dead Simple Signing Envelope, version 1). */
import { concat, fromBase64, utf8, utf8Length } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { anyBytesOf, listOf, type Members, membersOf, textOf } from '../encoding/members.ts';
import { checkTimestamp } from '../timestamp/timestamp.ts';
import { type Certificate, parseCertificateChainPem } from '../x509/certificate.ts';

export interface Envelope {
  /** Raw bytes: what was signed, and what is used afterwards. */
  readonly payload: Uint8Array;
  readonly payloadType: string;
  readonly signatures: readonly EnvelopeSignature[];
}

export interface EnvelopeSignature {
  readonly signature: Uint8Array;
  /** Unauthenticated hint; empty where there is none. */
  readonly keyid: string;
  /** Certificates that some tools put beside the signature, the signing one first; empty where there are none. */
  readonly certificates: readonly Certificate[];
  /** RFC 3161 timestamps that came beside the signature. */
  readonly timestamps: readonly Uint8Array[];
}

const MAX_SIGNATURES = 10;
const MAX_KEYID_LENGTH = 1024;
const MAX_TIMESTAMPS = 10;

/**
 * Reads an envelope.
 * @throws LogError malformed_envelope, malformed_base64, unsupported_payload_type, limit_exceeded, and the codes of
 *   certificates
 */
export function readEnvelope(value: unknown): Envelope {
  const members = membersOf(value, ['payload', 'payloadType', 'signatures'], 'envelope', 'malformed_envelope');
  const payload = anyBytesOf(members.payload, 'envelope.payload', 'malformed_envelope');
  const payloadType = readPayloadType(members.payloadType);
  const list = listOf(members.signatures, 'envelope.signatures', 'malformed_envelope');
  if (list.length === 0) throw new LogError('limit_exceeded', 'the envelope has no signature');
  if (list.length > MAX_SIGNATURES) {
    throw new LogError('limit_exceeded', `the envelope has more than ${MAX_SIGNATURES} signatures`);
  }
  return { payload, payloadType, signatures: list.map(readSignature) };
}

/** PAE, what a DSSE signature is made over: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body (protocol.md). */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  return concat(utf8(`DSSEv1 ${utf8Length(payloadType)} ${payloadType} ${payload.length} `), payload);
}

function readPayloadType(value: unknown): string {
  if (typeof value !== 'string') throw new LogError('malformed_envelope', 'envelope.payloadType must be a string');
  if (!/^[\x20-\x7e]{1,255}$/.test(value)) {
    throw new LogError('unsupported_payload_type', 'envelope.payloadType must be 1 to 255 printable ASCII characters');
  }
  return value;
}

/**
 * Beside `sig` and `keyid`, the members that occur in the field: `cert` (PEM; SLSA generators), and `certificate`,
 * `intermediates` (base64 of PEM) and `timestamps` (witness).
 */
const SIGNATURE_MEMBERS = ['sig', 'keyid', 'cert', 'certificate', 'intermediates', 'timestamps'];

function readSignature(value: unknown, index: number): EnvelopeSignature {
  const what = `envelope.signatures/${index}`;
  const members = membersOf(value, SIGNATURE_MEMBERS, what, 'malformed_envelope');
  const { keyid = '' } = members;
  return {
    signature: anyBytesOf(members.sig, `${what}/sig`, 'malformed_envelope'),
    keyid: textOf(keyid ?? '', `${what}/keyid`, 'malformed_envelope', MAX_KEYID_LENGTH),
    certificates: readCertificates(members, what),
    timestamps: readTimestamps(members.timestamps, what),
  };
}

function readCertificates(members: Members, what: string): Certificate[] {
  if (members.cert !== undefined && members.certificate !== undefined) {
    throw new LogError('malformed_envelope', `${what} brings two certificates`);
  }
  if (members.cert !== undefined) return parseCertificateChainPem(pemOf(members.cert, `${what}/cert`));
  if (members.certificate === undefined || members.certificate === null) return [];
  const blocks = [
    members.certificate,
    ...listOf(members.intermediates ?? [], `${what}/intermediates`, 'malformed_envelope'),
  ];
  return parseCertificateChainPem(blocks.map((block) => pemFromBase64(block, `${what}/certificate`)).join('\n'));
}

function pemFromBase64(value: unknown, what: string): string {
  const bytes = value instanceof Uint8Array ? value : fromBase64(pemOf(value, what), what);
  return new TextDecoder('latin1').decode(bytes);
}

function pemOf(value: unknown, what: string): string {
  return textOf(value, what, 'malformed_envelope', 400_000);
}

function readTimestamps(value: unknown, what: string): Uint8Array[] {
  if (value === undefined || value === null) return [];
  const list = listOf(value, `${what}/timestamps`, 'malformed_envelope');
  if (list.length > MAX_TIMESTAMPS)
    throw new LogError('limit_exceeded', `${what} has more than ${MAX_TIMESTAMPS} timestamps`);
  const timestamps: Uint8Array[] = [];
  for (const item of list) {
    const { type, data } = membersOf(item, ['type', 'data'], `${what}/timestamps`, 'malformed_envelope');
    const der = checkTimestamp(anyBytesOf(data, `${what}/timestamps`, 'malformed_envelope'), 'malformed_envelope');
    if (type === 'tsp') timestamps.push(der);
  }
  return timestamps;
}
