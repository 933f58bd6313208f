/** One thread of the digest verifier: says that it is ready, then checks for as many seconds as it is told, each time. */
import { generateKeyPairSync, hash, randomBytes, sign } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { parsePublicKey } from '../../src/entry/keys/public-key.ts';
import { schemesOf } from '../../src/entry/keys/signature-scheme.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import type { DigestChecks } from './digest-verifier.ts';

/** As many signers as the submissions of the end-to-end runs have. */
const SIGNERS = 8;
const SIGNATURES = 512;
const WARM_UP_SECONDS = 2;

const signers = Array.from({ length: SIGNERS }, () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = parsePublicKey(publicKey.export({ type: 'spki', format: 'der' }));
  return { privateKey, key, scheme: schemesOf(key)[0]! };
});
const signed = Array.from({ length: SIGNATURES }, (_, i) => {
  const { privateKey, key, scheme } = signers[i % SIGNERS]!;
  const content = randomBytes(32);
  return { key, scheme, digest: hash('sha256', content, 'buffer'), signature: sign('sha256', content, privateKey) };
});

function checkFor(seconds: number): DigestChecks {
  const started = performance.now();
  for (let checks = 0; ; checks++) {
    const elapsed = (performance.now() - started) / 1000;
    if (elapsed >= seconds) return { checks, seconds: elapsed };
    const { key, scheme, digest, signature } = signed[checks % signed.length]!;
    if (!nativeChecks.verifyDigest(key, scheme, digest, signature)) throw new Error('a good signature does not verify');
  }
}

checkFor(WARM_UP_SECONDS);
parentPort!.on('message', (seconds: number) => parentPort!.postMessage(checkFor(seconds)));
parentPort!.postMessage('ready');
