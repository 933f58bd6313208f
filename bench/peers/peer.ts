/** A log of others that is measured as ours is: its server on this machine, with a log of its own. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { formatVerifierKey, NOTE_ED25519, parseVerifierKey } from '../../src/core/note.ts';
import type { LoadTarget } from '../http/load.ts';
import type { Form } from '../http/submissions.ts';

/** A running log. */
export interface Peer {
  name: string;
  settings: string;
  /** How it takes the same thing. */
  form: Form;
  target: LoadTarget;
  stop: () => Promise<void>;
}

/** Of an Ed25519 key, public or private, which stands at the end of its DER (RFC 8410). */
const RAW_LENGTH = 32;

/** The log's C2SP verifier key. @param key Ed25519, private */
export function verifierKeyOf(origin: string, key: KeyObject): string {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return formatVerifierKey(origin, NOTE_ED25519, spki.subarray(-RAW_LENGTH));
}

/** The same as golang.org/x/mod/sumdb/note writes a private key. */
export function goSignerKey(origin: string, key: KeyObject): string {
  const { keyId } = parseVerifierKey(verifierKeyOf(origin, key));
  const seed = key.export({ type: 'pkcs8', format: 'der' }).subarray(-RAW_LENGTH);
  const bytes = Buffer.concat([Uint8Array.of(NOTE_ED25519), seed]).toString('base64');
  return `PRIVATE+KEY+${origin}+${keyId.toString(16).padStart(8, '0')}+${bytes}`;
}

/** A port of this machine that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
