import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/core/bytes.ts';
import { isLogError } from '../../src/core/errors.ts';
import { parseConfig } from '../../src/http/config.ts';
import { loadCertificatePolicy } from '../../src/http/trust-files.ts';
import { issueCa } from '../entry/x509/issue-certificate.ts';
import { pem } from '../fixtures/make-certificate.ts';
import { trustedRoot as instanceRoot } from '../fixtures/sigstore-instance.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-trust-'));
afterAll(() => rmSync(folder, { recursive: true }));

const root = issueCa({ name: 'root' });
const middle = issueCa({ name: 'middle', by: root });
const lower = issueCa({ name: 'lower', by: middle });
const pemOf = (...issued: (typeof root)[]) => pem('CERTIFICATE', ...issued.map(({ certificate }) => certificate.der));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const load = (sigstore: object, admission: object = { open: true }) =>
  loadCertificatePolicy(parseConfig({ sigstore, admission }), folder);

function outcome(sigstore: object): string {
  try {
    load(sigstore);
    return 'loaded';
  } catch (error) {
    return isLogError(error) ? `${error.code} ${error.at}` : String(error);
  }
}

describe('CAs of a configuration', () => {
  it('are none by default, and then nothing follows', () => {
    expect(load({})).toBeUndefined();
    expect(load({ accept: 'any' })).toBeUndefined();
  });

  it('are the self-issued certificates of PEM files, with the others below them', () => {
    const roots = [
      write('chain.pem', pemOf(lower, middle, root)),
      write('root.pem', pemOf(issueCa({ name: 'other' }))),
    ];
    const { trusted } = load({ roots })!;
    expect(trusted.roots.map(({ der }) => toBase64(der))).toHaveLength(2);
    expect(trusted.roots[0]).toEqual(root.certificate);
    expect(trusted.intermediates).toEqual([lower.certificate, middle.certificate]);
  });

  it('are the last of a file that has no self-issued one', () => {
    const { trusted } = load({ roots: [write('part.pem', pemOf(lower, middle))] })!;
    expect([trusted.roots, trusted.intermediates]).toEqual([[middle.certificate], [lower.certificate]]);
  });

  it('are those of a Sigstore trusted root, with its timestamp authorities and logs', () => {
    const rawBytes = toBase64(root.certificate.der);
    const authority = {
      uri: 'https://ca.example',
      certChain: { certificates: [{ rawBytes }] },
      validFor: { start: '2026-01-01T00:00:00Z' },
    };
    const trustedRoot = {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      certificateAuthorities: [authority],
      timestampAuthorities: [authority, authority],
      tlogs: instanceRoot().tlogs,
    };
    const { trusted } = load({ trustedRoot: write('trusted_root.json', JSON.stringify(trustedRoot)) })!;
    expect(trusted.roots).toEqual([]);
    expect(trusted.authorities.map(({ certificates }) => certificates)).toEqual([[root.certificate]]);
    expect(trusted.timestampAuthorities).toHaveLength(2);
    expect(trusted.logs.map(({ baseUrl }) => baseUrl)).toEqual(['https://v1.example', 'https://v2.example']);
  });

  it('make that only their certificates are accepted, unless it says otherwise', () => {
    const roots = [write('root.pem', pemOf(root))];
    expect(load({ roots })?.accept).toBe('trusted');
    expect(load({ roots, accept: 'any' })?.accept).toBe('any');
    const identities = [{ issuer: 'https://i.example', sanPattern: 'https://*' }];
    expect(load({ roots }, { identities })?.identities).toEqual(identities);
  });

  it.each([
    ['an absent file', { roots: ['absent.pem'] }, 'config_invalid sigstore.roots.0'],
    ['a file of something else', { roots: [write('not.pem', 'x')] }, 'config_invalid sigstore.roots.0'],
    ['no certificate', { roots: [write('empty.pem', '')] }, 'config_invalid sigstore.roots.0'],
    ['a trusted root that is none', { trustedRoot: write('not.json', '{}') }, 'config_invalid sigstore.trustedRoot'],
    ['a trusted root that is no JSON', { trustedRoot: 'not.pem' }, 'config_invalid sigstore.trustedRoot'],
  ])('are refused: %s', (_, sigstore, code) => {
    expect(outcome(sigstore)).toBe(code);
  });
});
