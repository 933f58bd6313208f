import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { RekorV1Signer } from '../../src/log/rekor-v1-signer.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const spki = publicKey.export({ type: 'spki', format: 'der' });
const signer = new RekorV1Signer('log.example.org', privateKey);
const { logId, treeId } = signer.identity;
const root = new Uint8Array(32).fill(7);

it('is known by the hash of its key, and by a tree number that an int64 holds', () => {
  const hash = createHash('sha256').update(spki).digest();
  expect(signer.identity.publicKey).toBe(publicKey.export({ type: 'spki', format: 'pem' }));
  expect(Buffer.from(logId).equals(hash)).toBe(true);
  hash[0]! &= 0x7f;
  expect(treeId).toBe(hash.subarray(0, 8).toString('hex'));
});

describe('a checkpoint', () => {
  it('is a note in the form of Rekor v1 over exactly the size and the root', async () => {
    const note = await signer.checkpoint(8, root);
    const [text, line] = note.split('\n\n') as [string, string];
    expect(text).toBe(`log.example.org - ${BigInt(`0x${treeId}`)}\n8\n${Buffer.from(root).toString('base64')}`);
    const [, base64 = ''] = /^— log\.example\.org ([A-Za-z0-9+/=]+)\n$/.exec(line) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    expect(bytes.subarray(0, 4).equals(Buffer.from(logId.subarray(0, 4)))).toBe(true);
    expect(verify('sha256', Buffer.from(`${text}\n`), publicKey, bytes.subarray(4))).toBe(true);
  });

  it('is signed once for a size, also by those who ask at the same time', async () => {
    const [one, two] = await Promise.all([signer.checkpoint(9, root), signer.checkpoint(9, root)]);
    expect(two).toBe(one);
    expect(await signer.checkpoint(9, root)).toBe(one);
    expect(await signer.checkpoint(9, new Uint8Array(32))).not.toBe(one);
  });

  it('is forgotten when many others were asked for', async () => {
    const first = await signer.checkpoint(1_000, root);
    for (let size = 1_001; size <= 1_256; size++) await signer.checkpoint(size, root);
    expect(await signer.checkpoint(1_000, root)).not.toBe(first); // ECDSA signatures differ each time
  });
});

it('stamps an entry: body, time, log and index in canonical JSON', async () => {
  const stamp = await signer.entryTimestamp({ body: 'AAAA', index: 7, time: 1_790_000_000 });
  const signed = `{"body":"AAAA","integratedTime":1790000000,"logID":"${toHex(logId)}","logIndex":7}`;
  expect(verify('sha256', Buffer.from(signed), publicKey, Buffer.from(stamp, 'base64'))).toBe(true);
});
