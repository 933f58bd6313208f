/** Tessera's own POSIX server, built by its module name where Go is installed. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ServerProcess } from '../http/server-process.ts';
import { freePort, goSignerKey, type Peer, verifierKeyOf } from './peer.ts';

const MODULE = 'github.com/transparency-dev/tessera/cmd/conformance/posix';
const VERSION = 'v1.0.4';
/** This file is compiled to .cache/bench/bench/peers. */
const FOLDER = fileURLToPath(new URL(`../../../peers/tessera-${VERSION}`, import.meta.url));
const ORIGIN = 'tessera.localhost';

const execute = promisify(execFile);

/** Builds it once and keeps it. @returns its path, or why there is none */
export async function buildTessera(): Promise<{ path: string } | { absent: string }> {
  const path = join(FOLDER, 'posix');
  if (existsSync(path)) return { path };
  try {
    await execute('go', ['version']);
  } catch {
    return { absent: 'Tessera was not measured, since there is no Go here to build it with.' };
  }
  process.stderr.write(`go install ${MODULE}@${VERSION}\n`);
  try {
    await execute('go', ['install', `${MODULE}@${VERSION}`], { env: { ...process.env, GOBIN: FOLDER } });
    return { path };
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const reason = stderr.trimEnd().split('\n').at(-1);
    return { absent: `Tessera was not measured: go install ${MODULE}@${VERSION} failed: ${reason}` };
  }
}

/** @param folder of its log, empty */
export async function startTessera(path: string, folder: string): Promise<Peer> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const listen = `127.0.0.1:${await freePort()}`;
  const server = new ServerProcess(path, ['--storage_dir', folder, '--listen', listen, '--antispam'], {
    cwd: folder,
    env: { LOG_PRIVATE_KEY: goSignerKey(ORIGIN, privateKey) },
  });
  const url = `http://${listen}`;
  await server.untilOk(`${url}/checkpoint`);
  return {
    name: `Tessera ${VERSION}, POSIX`,
    settings: 'batches of 256 or 1 s, checkpoint 1 s, de-duplication',
    form: 'tessera',
    target: { url, verifierKey: verifierKeyOf(ORIGIN, privateKey), processorSeconds: () => server.processorSeconds() },
    stop: () => server.stop(),
  };
}
