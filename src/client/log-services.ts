/** The doors for Sigstore clients that a log names in `/v1/log`, and since when it signs. */
import { equalBytes } from '../core/bytes.ts';
import { isLogError } from '../core/errors.ts';
import { type PublicKey, parsePublicKeyPem } from '../entry/keys/public-key.ts';
import {
  type Genesis,
  readGenesisStatement,
  readKeyStatement,
  type ServiceKeys,
} from '../entry/submission/log-statement.ts';
import { type Certificate, parseCertificateChainPem } from '../entry/x509/certificate.ts';
import { type JsonObject, readNumber, readObject, readString, unexpected } from './answer.ts';
import type { LogClient } from './log-client.ts';
import type { RequestOptions } from './transport.ts';

/** What the log says of itself; whoever can answer for the log can say anything here, until it is proved. */
export interface LogServices {
  /** It takes no more entries. */
  frozen: boolean;
  /** Key of the Rekor v1 door, where there is one. */
  rekorV1: PublicKey | undefined;
  /** Where it runs. */
  timestampAuthority: TimestampAuthority | undefined;
  /** Keys of these services, and which entries are to name them. */
  keys: readonly StatedKey[];
}

interface StatedKey {
  /** What a statement names it by. */
  as: keyof ServiceKeys;
  pem: string;
  namedAt: number;
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
    keys: [
      optional(rekorV1, 'rekorV1', (door) => readStatedKey(door, 'rekorV1Key', 'publicKey')),
      optional(timestampAuthority, 'timestampAuthority', (own) => readStatedKey(own, 'timestampChain', 'chain')),
    ].filter((key) => key !== undefined),
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

function readStatedKey(service: JsonObject, as: StatedKey['as'], member: string): StatedKey {
  // Logs that do not say where have all of their keys from the start.
  const namedAt = service.namedAt === undefined ? 0 : readNumber(service, 'namedAt');
  return { as, pem: readString(service, member), namedAt };
}

/**
 * Proves that the log itself names the keys that its answer names: genesis, or a later statement of its statement key.
 * @throws LogError answer_unexpected where it does not; otherwise as `LogClient.entry`
 */
export async function proveNamed(
  client: LogClient,
  keys: readonly StatedKey[],
  genesis: Genesis,
  options: RequestOptions,
): Promise<void> {
  for (const { as, pem, namedAt } of keys) {
    const named = namedAt === 0 ? genesis : await laterKeys(client, namedAt, genesis, options);
    if (named?.[as] === pem) continue;
    throw unexpected(`entry ${namedAt} of the log does not name the ${WORDS[as]} that its answer does`);
  }
}

const WORDS: Record<keyof ServiceKeys, string> = {
  rekorV1Key: 'key for clients of Rekor v1',
  timestampChain: 'timestamp certificates',
};

/** What the statement at an index names, where it is the log's own. */
async function laterKeys(
  client: LogClient,
  index: number,
  { logId, statementKey }: Genesis,
  options: RequestOptions,
): Promise<ServiceKeys | undefined> {
  const { content, payload } = await client.entry(index, options);
  const [signature, ...more] = content?.signatures ?? [];
  const isOwn = signature && equalBytes(signature.verifier.key.spki, parsePublicKeyPem(statementKey).spki);
  if (!isOwn || more.length > 0 || payload === undefined) return undefined;
  const named = stated(`entry ${index}`, () => readKeyStatement(payload.bytes));
  return named.index === index && equalBytes(named.logId, logId) ? named : undefined;
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
