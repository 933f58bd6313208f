/** What stamping an entry costs a verification worker, beside the signature that it cannot do without. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../src/core/hash.ts';
import { HASH_ID } from '../src/entry/keys/digest-algorithm.ts';
import type { Certificate } from '../src/entry/x509/certificate.ts';
import { entryStamp } from '../src/log/timestamp/entry-stamp.ts';
import { encodeGranted, encodeSignedAttributes, encodeTstInfo } from '../src/log/timestamp/timestamp-encoding.ts';
import { createTimestampKey, readTimestampKey, type TimestampKey } from '../src/log/timestamp/timestamp-key.ts';
import { libraryEncoder } from '../src/log/timestamp/timestamp-patterns.ts';
import { loadTimestamping } from '../src/threads/timestamping.ts';
import { type Effort, measure } from './measure.ts';
import { formatSpread, type Section } from './report.ts';

/** Operations of one call. */
const REPEATED = 16;

export async function benchStamps(effort: Effort): Promise<Section[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-stamps-'));
  try {
    await createTimestampKey(folder, 'log.example.org', Math.floor(Date.now() / 1000));
    const key = readTimestampKey(folder);
    const { stamping } = await loadTimestamping(folder, libraryEncoder);
    const stamp = entryStamp(stamping);
    const signature = signatureOfSomeone();
    const certified = [{ signature, certificate: key.chain[0] as Certificate }];
    const runs: Record<string, () => unknown> = {
      entry: () => stamp({ certified }),
      'plain key': () => stamp({ certified: [] }),
      'signature alone': () => sign('sha256', stamping.shape.attributes, key.key),
      'through the library': () => throughLibrary(signature, key),
    };
    const candidates = Object.entries(runs).map(([name, run]) => ({
      name,
      operations: REPEATED,
      run: () => {
        for (let i = 0; i < REPEATED; i++) run();
      },
    }));
    const rows = measure(candidates, effort).map(({ name, nanoseconds, spread }) => ({
      name,
      'ns/op': nanoseconds,
      spread: formatSpread(spread),
    }));
    const notes = ['An operation is an entry with one signature; its stamp is encoded as it is stored.'];
    return [{ name: 'stamps', title: 'Stamping an entry, in a worker', rows, notes }];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function signatureOfSomeone(): Uint8Array {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return sign('sha256', randomBytes(32), privateKey);
}

/** The same stamp, encoded for the occasion. */
function throughLibrary(signature: Uint8Array, { key, chain }: TimestampKey): Uint8Array {
  const [{ der: leaf }] = chain;
  const tstInfo = encodeTstInfo({
    hashAlgorithm: HASH_ID.SHA2_256,
    nullParameters: false,
    digest: sha256(signature),
    serial: randomBytes(16),
    time: Math.floor(Date.now() / 1000),
    nonce: undefined,
  });
  const digest = sha256(tstInfo);
  const token = { tstInfo, digest, signature: sign('sha256', encodeSignedAttributes(digest, leaf), key) };
  return encodeGranted(token, leaf, [leaf]);
}
