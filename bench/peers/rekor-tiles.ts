/** rekor-tiles on POSIX, at its fastest settings. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServerProcess } from '../http/server-process.ts';
import { freePort, type Peer, verifierKeyOf } from './peer.ts';

const ORIGIN = 'rekor-tiles.localhost';

const execute = promisify(execFile);

/**
 * @param path of the binary
 * @param folder of its log, empty
 * @throws Error where it is not one, or does not start
 */
export async function startRekorTiles(path: string, folder: string): Promise<Peer> {
  const version = await versionOf(path);
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = join(folder, 'signer.pem');
  writeFileSync(signer, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const storage = join(folder, 'storage');
  mkdirSync(storage);
  const port = await freePort();
  const flags = {
    ...{ hostname: ORIGIN, 'signer-filepath': signer, 'storage-dir': storage, 'persistent-antispam': true },
    ...{ 'checkpoint-interval': '100ms', 'batch-max-age': '10ms', 'log-level': 'error' },
    ...{ 'http-port': port, 'grpc-port': await freePort(), 'http-metrics-port': await freePort() },
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const server = new ServerProcess(path, ['serve', ...args], { cwd: folder });
  const url = `http://127.0.0.1:${port}`;
  await server.untilOk(`${url}/healthz`);
  return {
    name: `rekor-tiles ${version}, POSIX`,
    settings: 'checkpoint 100 ms, batches of 256 or 10 ms, de-duplication',
    form: 'v2-hashedrekord',
    target: { url, verifierKey: verifierKeyOf(ORIGIN, privateKey), processorSeconds: () => server.processorSeconds() },
    stop: () => server.stop(),
  };
}

async function versionOf(path: string): Promise<string> {
  try {
    const { stdout, stderr } = await execute(path, ['version']);
    return /GitVersion:\s*(\S+)/.exec(stdout + stderr)?.[1] ?? 'of an unknown version';
  } catch (error) {
    throw new Error(`${path} is no rekor-tiles server: ${(error as Error).message}`);
  }
}
