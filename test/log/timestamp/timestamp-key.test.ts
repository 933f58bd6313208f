import { createPublicKey, X509Certificate } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCertificateChainPem } from '../../../src/entry/x509/certificate.ts';
import { createTimestampKey, hasTimestampKey, readTimestampKey } from '../../../src/log/timestamp/timestamp-key.ts';
import { codeOf } from '../../entry/code-of.ts';
import { opensslTest } from '../../openssl.ts';

const NOW = 1_790_000_000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-timestamp-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const create = async (origin = 'log.example.org', now = NOW) => {
  const pem = await createTimestampKey(folder, origin, now);
  const [leaf, root] = parseCertificateChainPem(pem).map(({ der }) => new X509Certificate(der));
  return { pem, leaf: leaf!, root: root! };
};

describe('the chain of the timestamp authority', () => {
  it('is a leaf below a root that signed itself, with no one left to issue another', async () => {
    const { leaf, root } = await create();
    expect(root.checkIssued(root) && root.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true);
    expect(root.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.publicKey.equals(createPublicKey(readTimestampKey(folder).key))).toBe(true);
    expect(leaf.publicKey.equals(root.publicKey)).toBe(false);
  });

  it('is for timestamps alone', async () => {
    const { leaf } = await create();
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.8']);
  });

  it('names the log as organization, and both certificates by their purpose', async () => {
    const { leaf, root } = await create();
    expect(leaf.subject).toBe('O=log.example.org\nCN=Countersign timestamp authority');
    expect(leaf.issuer).toBe(root.subject);
    expect(root.subject).toBe('O=log.example.org\nCN=Countersign timestamp root');
  });

  it('shortens an origin to what an organization may be', async () => {
    const { leaf } = await create(`${'a'.repeat(60)}.example.org`);
    expect(leaf.subject).toBe(`O=${'a'.repeat(60)}.exa\nCN=Countersign timestamp authority`);
  });

  it('holds for ten years, the root for twenty, across the change of time forms in 2050', async () => {
    const from = Date.UTC(2035, 1, 28) / 1000;
    const { leaf, root } = await create('log.example.org', from);
    const until = (certificate: X509Certificate) => new Date(certificate.validTo).toISOString();
    expect(new Date(leaf.validFrom).getTime()).toBe(from * 1000);
    expect(until(leaf)).toBe('2045-02-28T00:00:00.000Z');
    expect(until(root)).toBe('2055-02-28T00:00:00.000Z');
  });

  it('has serial numbers of its own each time', async () => {
    const { leaf, root } = await create();
    const other = mkdtempSync(join(folder, 'other-'));
    const [again] = parseCertificateChainPem(await createTimestampKey(other, 'log.example.org', NOW));
    const serials = [leaf.serialNumber, root.serialNumber, Buffer.from(again!.serial).toString('hex').toUpperCase()];
    expect(new Set(serials).size).toBe(3);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  opensslTest('is a path for the purpose of timestamping to OpenSSL, and for no other', async (openssl) => {
    const { leaf, root } = await create();
    writeFileSync(join(folder, 'root.pem'), root.toString());
    writeFileSync(join(folder, 'leaf.pem'), leaf.toString());
    const verify = (purpose: string) =>
      openssl(
        ['verify', '-x509_strict', '-attime', String(NOW + 1), '-purpose', purpose, '-CAfile', 'root.pem', 'leaf.pem'],
        folder,
      );
    expect(verify('timestampsign')).toMatchObject({ code: 0, stdout: 'leaf.pem: OK\n' });
    expect(verify('sslserver').code).not.toBe(0);
  });
});

describe('reading the key', () => {
  it('tells a log that has none', () => {
    expect(hasTimestampKey(folder)).toBe(false);
    expect(codeOf(() => readTimestampKey(folder))).toBe('config_invalid');
  });

  it('refuses one that others can read', async () => {
    await create();
    chmodSync(join(folder, 'timestamp.key'), 0o644);
    expect(codeOf(() => readTimestampKey(folder))).toBe('config_invalid');
  });

  it('refuses one that is not of its certificate', async () => {
    await create();
    const other = mkdtempSync(join(folder, 'other-'));
    await createTimestampKey(other, 'log.example.org', NOW);
    copyFileSync(join(other, 'timestamp.key'), join(folder, 'timestamp.key'));
    expect(() => readTimestampKey(folder)).toThrow('not of the key beside it');
  });

  it('refuses certificates that cannot be read', async () => {
    await create();
    writeFileSync(join(folder, 'timestamp-chain.pem'), 'no certificate');
    expect(() => readTimestampKey(folder)).toThrow('cannot be read');
  });
});
