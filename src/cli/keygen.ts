/** `countersign keygen`: a key pair for signing artifacts and attestations, ECDSA on P-256. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { EXIT, type ExitCode } from './exit.ts';
import { createFile } from './files.ts';
import { type Output, writeResult } from './output.ts';

export interface KeygenOptions {
  /** Where the private key goes; the public one beside it, with `.pub`. */
  output: string;
}

export async function runKeygen(options: KeygenOptions, output: Output): Promise<ExitCode> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const publicPath = `${options.output}.pub`;
  // The public file first: a pair whose private half alone exists could not be told from one in use.
  await createFile(publicPath, publicKey);
  await createFile(options.output, privateKey, 0o600);
  const spki = Buffer.from(publicKey.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const signer = createHash('sha256').update(spki).digest('hex');
  writeResult(
    output,
    { privateKey: options.output, publicKey: publicPath, signer },
    [
      `private key  ${options.output}  (keep it; nobody else may read it)`,
      `public key   ${publicPath}  (hand it out)`,
      `signer       ${signer}  (finds its entries: SHA-256 of the public key)`,
    ].join('\n'),
  );
  return EXIT.done;
}
