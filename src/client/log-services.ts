/** The doors for Sigstore clients that a log names in `/v1/log`, and since when it signs. */
import { isLogError } from '../core/errors.ts';
import { type Certificate, parseCertificateChainPem } from '../entry/certificate.ts';
import { type Genesis, readGenesisStatement } from '../entry/log-statement.ts';
import { type PublicKey, parsePublicKeyPem } from '../entry/public-key.ts';
import { type JsonObject, readObject, readString, unexpected } from './answer.ts';
import type { LogClient } from './log-client.ts';
import type { RequestOptions } from './transport.ts';

/** What the log says of itself; whoever can answer for the log can say anything here. */
export interface LogServices {
  /** Key of the Rekor v1 door, where there is one. */
  rekorV1: PublicKey | undefined;
  /** Certificates of the timestamp authority, the signing one first, where it runs. */
  timestampAuthority: [Certificate, ...Certificate[]] | undefined;
}

/** @param info the answer to `GET /v1/log` @throws LogError answer_unexpected */
export function readLogServices(info: JsonObject): LogServices {
  const { rekorV1, timestampAuthority } = info;
  return {
    rekorV1:
      rekorV1 === undefined
        ? undefined
        : stated('rekorV1', () => parsePublicKeyPem(readString(readObject(rekorV1, 'rekorV1'), 'publicKey'))),
    timestampAuthority:
      timestampAuthority === undefined
        ? undefined
        : stated('timestampAuthority', () => {
            const chain = readString(readObject(timestampAuthority, 'timestampAuthority'), 'certificateChain');
            return parseCertificateChainPem(chain) as [Certificate, ...Certificate[]];
          }),
  };
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
