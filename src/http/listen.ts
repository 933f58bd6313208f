/** Opening a listener, with the errors of the operating system put into the project's words. */
import type { AddressInfo, Server } from 'node:net';
import { LogError } from '../core/errors.ts';

export interface RunningServer {
  /** Without a trailing slash. */
  url: string;
  /** Answers what is under way, then stops. */
  close(): Promise<void>;
}

/** @throws LogError address_in_use; config_invalid where the address is not one of this machine */
export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EADDRINUSE') {
        reject(
          new LogError('address_in_use', `port ${port} is taken; stop what listens there, or choose another`, {
            cause,
          }),
        );
        return;
      }
      const reason =
        cause.code === 'EACCES' ? 'this user may not listen on it' : 'it is not an address of this machine';
      reject(new LogError('config_invalid', `cannot listen on ${host} port ${port}: ${reason}`, { cause }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

export function urlOf(address: AddressInfo, scheme: 'http' | 'https' = 'http'): string {
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${scheme}://${host}:${address.port}`;
}
