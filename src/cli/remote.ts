/** How commands reach a log: the options that all of them share. */

import { LogClient } from '../client/log-client.ts';
import { LogKey } from '../client/log-key.ts';
import type { RetryOptions, TransportOptions } from '../client/transport.ts';
import { LogError } from '../core/errors.ts';
import { nativeChecks } from '../log/native/native-signatures.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';
import { remark } from './output.ts';
import { given } from './usage.ts';

export interface RemoteOptions {
  url?: string;
  logKey?: string;
  timeKey?: string;
  origin?: string;
  tokenFile?: string;
  /** Seconds for one request. */
  timeout?: number;
}

/** @throws LogError usage, file_unreadable */
export async function connect(options: RemoteOptions, io: Io, retry: RetryOptions = {}): Promise<LogClient> {
  if (options.logKey === undefined) {
    remark(
      io,
      'countersign: without --log-key the key that the server itself names is used: its answers are checked against each other, not against the log you mean',
    );
  }
  const transport = await transportOptions(options, io);
  const { logKey: verifierKey, timeKey: timeVerifierKey, origin } = options;
  return given('the key of the log', () => {
    return new LogClient({ ...transport, retry, verifierKey, timeVerifierKey, origin, checks: nativeChecks });
  });
}

/** The keys that were given. @throws LogError usage where they cannot be read */
export function logKeyOf({ logKey, timeKey, origin }: Omit<RemoteOptions, 'logKey'> & { logKey: string }): LogKey {
  return given('the key of the log', () => new LogKey({ verifierKey: logKey, timeVerifierKey: timeKey, origin }));
}

/** @throws LogError usage */
export async function transportOptions(options: RemoteOptions, io: Io): Promise<TransportOptions> {
  if (options.url === undefined) {
    throw new LogError('usage', 'which log? give its URL with --url, or set COUNTERSIGN_URL');
  }
  const headers: Record<string, string> = {};
  const token = options.tokenFile === undefined ? io.env.COUNTERSIGN_TOKEN : await readText(options.tokenFile);
  if (token !== undefined && token.trim() !== '') {
    if (!/^[\x21-\x7e]+$/.test(token.trim())) throw new LogError('usage', 'the token is not one word of ASCII');
    headers.authorization = `Bearer ${token.trim()}`;
  }
  return {
    url: options.url,
    fetch: io.fetch,
    headers,
    ...(options.timeout !== undefined && { timeout: options.timeout * 1000 }),
  };
}
