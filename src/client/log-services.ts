/** The doors for Sigstore clients that a log names in `/v1/log`, and since when it signs. */
import { isLogError } from '../core/errors.ts';
import { type PublicKey, parsePublicKeyPem } from '../entry/keys/public-key.ts';
import { type Genesis, readGenesisStatement } from '../entry/submission/log-statement.ts';
import { type Certificate, parseCertificateChainPem } from '../entry/x509/certificate.ts';
import { type JsonObject, readObject, readString, unexpected } from './answer.ts';
import type { LogClient } from './log-client.ts';
import type { RequestOptions } from './transport.ts';

/** What the log says of itself; whoever can answer for the log can say anything here. */
export interface LogServices {
  /** It takes no more entries. */
  frozen: boolean;
  /** Key of the Rekor v1 door, where there is one. */
  rekorV1: PublicKey | undefined;
  /** Where it runs. */
  timestampAuthority: TimestampAuthority | undefined;
}

export interface TimestampAuthority {
  /** Below the log's URL, with a slash at its start. */
  path: string;
  /** The signing certificate first, the root last. */
  chain: [Certificate, ...Certificate[]];
}

/** @param info the answer to `GET /v1/log` @throws LogError answer_unexpected */
export function readLogServices({ frozen, rekorV1, timestampAuthority }: JsonObject): LogServices {
  return {
    frozen: frozen === true,
    rekorV1: optional(rekorV1, 'rekorV1', (door) => parsePublicKeyPem(readString(door, 'publicKey'))),
    timestampAuthority: optional(timestampAuthority, 'timestampAuthority', (authority) => {
      const path = readString(authority, 'path');
      if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(path)) throw unexpected('the path of its timestamp authority is none');
      return { path, chain: parseCertificateChainPem(readString(authority, 'chain')) as TimestampAuthority['chain'] };
    }),
  };
}

function optional<T>(value: unknown, name: string, read: (object: JsonObject) => T): T | undefined {
  return value === undefined ? undefined : stated(name, () => read(readObject(value, name)));
}

/**
 * The statement that began the log, proved to be its entry 0.
 * @throws LogError answer_unexpected where entry 0 is something else; otherwise as `LogClient.entry`
 */
export async function readGenesis(client: LogClient, options: RequestOptions): Promise<Genesis> {
  const { payload } = await client.entry(0, options);
  return stated('entry 0', () => readGenesisStatement(payload?.bytes ?? new Uint8Array(0)));
}

/** What cannot be read is a fault of the log's answer, not of what the user gave. */
function stated<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isLogError(error) && error.code !== 'answer_unexpected') throw unexpected(`${name} cannot be read`);
    throw error;
  }
}
