/** in-toto statements (v1 and v0.1), read from payload bytes for what they are about. */
import { decodeUtf8 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { isObject, type Members } from '../encoding/members.ts';
import { PAYLOAD_LIMITS, parseStrictJsonText } from '../encoding/strict-json.ts';

export interface Statement {
  readonly type: 'https://in-toto.io/Statement/v1' | 'https://in-toto.io/Statement/v0.1';
  readonly predicateType: string;
  readonly subjects: readonly Subject[];
  /** As parsed; undefined where it is left out. */
  readonly predicate: unknown;
}

export interface Subject {
  readonly name: string | undefined;
  /** Digest by algorithm, as stated, hexadecimal digests in lower case. */
  readonly digests: ReadonlyMap<string, string>;
  /** Only where it is stated. */
  readonly uri?: string;
  readonly annotations?: Members;
}

/** True where a payloadType says that the payload is a statement (in-toto attestation framework, envelope layer). */
export function isStatementType(payloadType: string): boolean {
  return payloadType === 'application/vnd.in-toto+json' || /^application\/vnd\.in-toto\..+\+json$/.test(payloadType);
}

/**
 * Reads a payload. What a signer signed is logged even where it is not a sound statement: it is then opaque, and a
 * subject that cannot be read is not found by its digest.
 * @returns undefined for other payload types, and for JSON that is no statement
 * @throws LogError malformed_statement where the type promises JSON and the payload is not strict JSON
 */
export function readStatement(payload: Uint8Array, payloadType: string): Statement | undefined {
  if (!isStatementType(payloadType)) return undefined;
  const text = decodeUtf8(payload);
  if (text === undefined) throw malformed();
  return readStatementText(text);
}

/** Like `readStatement`, for the decoded payload of a statement type. */
export function readStatementText(text: string): Statement | undefined {
  let value: unknown;
  try {
    value = parseStrictJsonText(text, PAYLOAD_LIMITS);
  } catch (cause) {
    throw malformed(cause);
  }
  if (!isObject(value)) return undefined;
  const { _type: type, predicateType, subject, predicate } = value;
  if (type !== 'https://in-toto.io/Statement/v1' && type !== 'https://in-toto.io/Statement/v0.1') return undefined;
  if (typeof predicateType !== 'string') return undefined;
  return { type, predicateType, predicate, subjects: Array.isArray(subject) ? subject.flatMap(readSubject) : [] };
}

function readSubject(value: unknown): Subject[] {
  if (!isObject(value)) return [];
  const digests = new Map<string, string>();
  if (isObject(value.digest)) {
    for (const [algorithm, digest] of Object.entries(value.digest)) {
      if (typeof digest === 'string') digests.set(algorithm, normalDigest(digest));
    }
  }
  const { name, uri, annotations } = value;
  return [
    {
      name: typeof name === 'string' ? name : undefined,
      digests,
      ...(typeof uri === 'string' && { uri }),
      ...(isObject(annotations) && { annotations }),
    },
  ];
}

/** Hexadecimal digests in lower case; other identifiers, such as an image number, as they are. */
function normalDigest(digest: string): string {
  return /^[0-9a-fA-F]+$/.test(digest) ? digest.toLowerCase() : digest;
}

function malformed(cause?: unknown): LogError {
  const reason = cause instanceof LogError ? `: ${cause.message}` : '';
  return new LogError('malformed_statement', `the payload of an in-toto envelope is not strict JSON${reason}`);
}
