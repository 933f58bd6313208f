/** What came along with a submission, is needed to judge or hand back what was signed, and is bound by no signature. */
import { decodeUtf8, fromBase64, toBase64, utf8 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { canonicalJson } from '../encoding/canonical-json.ts';
import type { LogPromise } from './log-promise.ts';

export interface Companion {
  /** DER certificates in order above the signing certificate, which is in the leaf itself. */
  chain: Uint8Array[];
  /** RFC 3161 timestamp responses as they came, DER. */
  timestamps: Uint8Array[];
  /** Of other logs, to have taken one of the signatures at a time: it is a time at which the certificate may count. */
  promises?: LogPromise[];
  /** DSSE `keyid` of each signature, in the leaf's order; empty strings where a signature has none. */
  keyids: string[];
  /** A bundle's `publicKey.hint`. */
  keyHint: string | undefined;
  /** The log made the timestamps itself; no submission can say so. */
  own?: true;
}

/** Nobody signs a companion and several are kept for a leaf, so what one may weigh is bounded, bytes. */
export const MAX_COMPANION_LENGTH = 64 * 1024;

/** Undefined where nothing came along. Promises go without saying where they would make it too long. */
export function companionOf({ promises = [], ...others }: Companion): Companion | undefined {
  const { chain, timestamps, keyids, keyHint } = others;
  if (promises.length > 0) {
    const whole = { ...others, promises };
    if (encodeCompanion(whole).length <= MAX_COMPANION_LENGTH) return whole;
  }
  const empty =
    chain.length === 0 && timestamps.length === 0 && keyHint === undefined && keyids.every((id) => id === '');
  return empty ? undefined : others;
}

/** Canonical JSON: two equal sets encode to equal bytes. */
export function encodeCompanion(companion: Companion): Uint8Array {
  return utf8(
    canonicalJson({
      chain: companion.chain.map(toBase64),
      keyHint: companion.keyHint,
      keyids: companion.keyids,
      own: companion.own,
      promises: companion.promises?.map(({ body, integratedTime, logId, logIndex, promise }) => ({
        body: toBase64(body),
        integratedTime,
        logId: toBase64(logId),
        logIndex,
        promise: toBase64(promise),
      })),
      timestamps: companion.timestamps.map(toBase64),
    }),
  );
}

type Stored<T> = { [Name in keyof T]: T[Name] extends number ? number : string };

/**
 * Reads what `encodeCompanion` wrote.
 * @throws LogError corrupt, since only this project writes it
 */
export function decodeCompanion(bytes: Uint8Array): Companion {
  try {
    const value = JSON.parse(decodeUtf8(bytes) ?? '') as Record<'chain' | 'timestamps' | 'keyids', string[]> & {
      promises?: Stored<LogPromise>[];
      keyHint?: string;
      own?: true;
    };
    return {
      chain: value.chain.map((text) => fromBase64(text)),
      timestamps: value.timestamps.map((text) => fromBase64(text)),
      ...(value.promises && { promises: value.promises.map(readPromise) }),
      keyids: value.keyids.map(String),
      keyHint: value.keyHint,
      ...(value.own === true && { own: true }),
    };
  } catch (cause) {
    throw new LogError('corrupt', 'a stored companion cannot be read back', { cause });
  }
}

function readPromise({ body, integratedTime, logId, logIndex, promise }: Stored<LogPromise>): LogPromise {
  if (!Number.isSafeInteger(integratedTime) || !Number.isSafeInteger(logIndex)) throw new TypeError('not an integer');
  return {
    body: fromBase64(body),
    integratedTime,
    logId: fromBase64(logId),
    logIndex,
    promise: fromBase64(promise),
  };
}
