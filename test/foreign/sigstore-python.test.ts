/** sigstore-python reads the bundles that the server hands out. Whether it would believe them is not asked here. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../src/core/bytes.ts';
import { envelope, signMessage, statement, testKey } from '../fixtures/make.ts';
import { certificate, timestampResponse } from '../fixtures/make-certificate.ts';
import { type Program, pythonEnvironment, ROOT, run, skipWhereAbsent } from './programs.ts';
import { getText, type Server, startServer } from './server.ts';
import { submit } from './submissions.ts';

let python: Program;
let server: Server;

beforeAll(async () => {
  python = await pythonEnvironment('sigstore==4.5.1');
  if (python.absent === undefined) server = await startServer();
});
afterAll(async () => await server?.stop());
skipWhereAbsent(() => python);

const key = testKey('p256');

/** A bundle as a signing client makes it: with a certificate and a timestamp, which sigstore-python demands. */
function signedBundle(signature: Uint8Array, content: Record<string, unknown>): Record<string, unknown> {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: toBase64(certificate({ key, name: 'signer' })) },
      timestampVerificationData: {
        rfc3161Timestamps: [{ signedTimestamp: toBase64(timestampResponse(signature)) }],
      },
    },
    ...content,
  };
}

async function readBySigstore(bundle: string): Promise<Record<string, unknown>> {
  const { code, output } = await run(python.path, [join(ROOT, 'test/foreign/sigstore_bundle.py')], { input: bundle });
  if (code !== 0) throw new Error(output);
  // Warnings come after it.
  return JSON.parse(output.split('\n', 1)[0]!) as Record<string, unknown>;
}

describe('a bundle from the server', () => {
  it.each(['messageSignature', 'dsseEnvelope'])('is read with its entry and checkpoint: %s', async (kind) => {
    const artifact = utf8('artifact');
    const signed = envelope(statement(), [key]);
    const signature =
      kind === 'dsseEnvelope' ? String(signed.signatures[0]!.sig) : toBase64(signMessage(key, artifact));
    const digest = createHash('sha256').update(artifact).digest('base64');
    const content =
      kind === 'dsseEnvelope'
        ? { dsseEnvelope: signed }
        : { messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest }, signature } };
    const { index } = await submit(server, signedBundle(Buffer.from(signature, 'base64'), content));
    const bundle = await getText(server, `/v1/entries/${index}/bundle`);
    expect(await readBySigstore(bundle)).toMatchObject({
      signer: 'CN=signer',
      signature,
      logIndex: index,
      treeSize: index + 1,
      kind: 'hashedrekord',
      checkpoint: expect.stringContaining(server.origin),
    });
    const { verificationMaterial } = JSON.parse(bundle);
    const [entry] = verificationMaterial.tlogEntries;
    delete entry.inclusionProof;
    await expect(readBySigstore(JSON.stringify({ ...JSON.parse(bundle), verificationMaterial }))).rejects.toThrow();
  });
});
