/** What came along with a submission, is needed to hand a bundle back, and is bound by no signature of the signer. */
import { decodeUtf8, fromBase64, toBase64, utf8 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { canonicalJson } from '../encoding/canonical-json.ts';

export interface Companion {
  /** DER certificates in order above the signing certificate, which is in the leaf itself. */
  chain: Uint8Array[];
  /** RFC 3161 timestamp responses as they came, DER. */
  timestamps: Uint8Array[];
  /** DSSE `keyid` of each signature, in the leaf's order; empty strings where a signature has none. */
  keyids: string[];
  /** A bundle's `publicKey.hint`. */
  keyHint: string | undefined;
  /** The log made the timestamps itself; no submission can say so. */
  own?: true;
}

/** Undefined where nothing came along. */
export function companionOf(companion: Companion): Companion | undefined {
  const { chain, timestamps, keyids, keyHint } = companion;
  const empty =
    chain.length === 0 && timestamps.length === 0 && keyHint === undefined && keyids.every((id) => id === '');
  return empty ? undefined : companion;
}

/** Canonical JSON: two equal sets encode to equal bytes. */
export function encodeCompanion(companion: Companion): Uint8Array {
  return utf8(
    canonicalJson({
      chain: companion.chain.map(toBase64),
      keyHint: companion.keyHint,
      keyids: companion.keyids,
      own: companion.own,
      timestamps: companion.timestamps.map(toBase64),
    }),
  );
}

/**
 * Reads what `encodeCompanion` wrote.
 * @throws LogError corrupt, since only this project writes it
 */
export function decodeCompanion(bytes: Uint8Array): Companion {
  try {
    const value = JSON.parse(decodeUtf8(bytes) ?? '') as Record<'chain' | 'timestamps' | 'keyids', string[]> & {
      keyHint?: string;
      own?: true;
    };
    return {
      chain: value.chain.map((text) => fromBase64(text)),
      timestamps: value.timestamps.map((text) => fromBase64(text)),
      keyids: value.keyids.map(String),
      keyHint: value.keyHint,
      ...(value.own === true && { own: true }),
    };
  } catch (cause) {
    throw new LogError('corrupt', 'a stored companion cannot be read back', { cause });
  }
}
