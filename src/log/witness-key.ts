/** The key of a witness: made once, in a file beside its memory, and used for nothing but cosignatures. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Cosigner, cosigner } from '../core/cosignature.ts';
import { LogError } from '../core/errors.ts';
import { formatVerifierKey, NOTE_COSIGNATURE_V1, parseVerifierKey } from '../core/note.ts';
import { placeKeyFile } from './key-file.ts';
import { rawEd25519, readKey } from './keys.ts';
import { checkedKey } from './signer.ts';

const FILE = 'witness.key';

export interface WitnessKey {
  /** C2SP verifier key, of type cosignature/v1. */
  verifierKey: string;
  cosigner: Cosigner;
}

/**
 * Reads the key from a folder, or makes it where there never was one.
 * @param known the verifier key that the witness has gone by; undefined at its first start
 * @param name of the witness; may be left out where it is known
 * @throws LogError config_invalid where the file is missing, cannot be read, or is open to others, or no name is given;
 *   wrong_key where key or name are others than before; malformed_key for a bad name
 */
export function openWitnessKey(folder: string, name: string | undefined, known: string | undefined): WitnessKey {
  const used = known === undefined ? name : parseVerifierKey(known).name;
  if (used === undefined) {
    throw new LogError('config_invalid', 'name the witness: --name, a host name of yours (witness.example.org)');
  }
  if (name !== undefined && name !== used) {
    throw new LogError('wrong_key', `this witness is known as ${used}; whoever trusts it knows it by that name`);
  }
  if (known === undefined && !existsSync(join(folder, FILE))) {
    const { privateKey } = generateKeyPairSync('ed25519');
    placeKeyFile(join(folder, FILE), privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  }
  const key = readKey(folder, FILE, 'ed25519');
  const verifierKey = formatVerifierKey(used, NOTE_COSIGNATURE_V1, rawEd25519(key));
  if (known !== undefined && known !== verifierKey) {
    throw new LogError('wrong_key', `${join(folder, FILE)} is not the key that this witness has cosigned with`);
  }
  return { verifierKey, cosigner: cosigner(used, checkedKey(verifierKey, key)) };
}
