import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isLogError } from '../../src/core/errors.ts';
import { assertAdmission, developmentConfig, loadConfig, parseConfig } from '../../src/http/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, text);
  return loadConfig(file);
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isLogError(error) ? `${error.code} ${error.at ?? ''}`.trim() : String(error);
  }
  return 'none';
}

describe('the configuration', () => {
  it('may be empty', () => {
    expect(load('')).toEqual(parseConfig({}));
    expect(parseConfig({}).limits).toMatchObject({
      entryBytes: 4 * 2 ** 20,
      batchBytes: 64 * 2 ** 20,
      clients: 100_000,
    });
  });

  it('is read from YAML', () => {
    const config = load(`
admission:
  tokens:
    - name: ci
      sha256: ${'ab'.repeat(32)}
  keys: [${'cd'.repeat(32)}]
limits:
  writes: { perSecond: 10, burst: 20 }
  reads: false
host: 0.0.0.0
trustedProxies: [10.0.0.0/8, "::1"]
hostNames: [log.example.com]
`);
    expect(config).toMatchObject({
      admission: { tokens: [{ name: 'ci', sha256: 'ab'.repeat(32) }], keys: ['cd'.repeat(32)] },
      limits: { writes: { perSecond: 10, burst: 20 }, reads: false },
      ...{ host: '0.0.0.0', trustedProxies: ['10.0.0.0/8', '::1'], hostNames: ['log.example.com'] },
    });
  });

  it('states first authorities of namespaces, as control statements do', () => {
    const owners = [{ key: 'ab'.repeat(32) }];
    const thresholds = { authority: 1, grant: 1, revoke: 1, reinstate: 1 };
    const authority = { namespace: 'acme', covers: ['pkg:npm/%40acme/*'], owners, thresholds };
    const { authorities } = parseConfig({ authorities: [authority] });
    expect(authorities).toEqual([{ ...authority, revokers: [], operators: [] }]);
    const wrong = { ...authority, thresholds: { ...thresholds, revoke: 2 } };
    expect(codeOf(() => parseConfig({ authorities: [authority, wrong] }))).toBe('config_invalid authorities.1');
  });

  it.each([
    ['admision: { open: true }', 'config_invalid the top level'],
    ['admission: { open: false }', 'config_invalid admission.open'],
    ['admission: {}', 'config_invalid admission'],
    ['payloads: { secrets: log }', 'config_invalid payloads.secrets'],
    ['admission: { tokens: [] }', 'config_invalid admission'],
    ['admission: { tokens: [{ name: ci, token: secret }] }', 'config_invalid admission.tokens.0.sha256'],
    ['admission: { keys: [ABCD] }', 'config_invalid admission.keys.0'],
    ['admission: { identities: [] }', 'config_invalid admission'],
    ['admission: { identities: [{ issuer: a, san: b }] }', 'config_invalid admission.identities'],
    ['admission: { identities: [{ issuer: a, san: b, sanPattern: c }] }', 'config_invalid admission.identities.0'],
    ['admission: { identities: [{ san: b }] }', 'config_invalid admission.identities.0'],
    ['sigstore: { accept: trusted }', 'config_invalid sigstore.accept'],
    ['sigstore: { accept: some }', 'config_invalid sigstore.accept'],
    ['sigstore: { roots: root.pem }', 'config_invalid sigstore.roots'],
    ['limits: { writes: { perSecond: 0, burst: 1 } }', 'config_invalid limits.writes.perSecond'],
    ['limits: { entryBytes: 1.5 }', 'config_invalid limits.entryBytes'],
    ['trustedProxies: [10.0.0.0/33]', 'config_invalid trustedProxies.0'],
    ['trustedProxies: [proxy.example.com]', 'config_invalid trustedProxies.0'],
    ['host: a\nhost: b', 'config_invalid line 2'],
    ['host: [', 'config_invalid line 1'],
    ['- 1', 'config_invalid the top level'],
  ])('is refused: %s', (text, code) => {
    expect(codeOf(() => load(text))).toBe(code);
  });

  it('must be readable', () => {
    expect(codeOf(() => loadConfig(join(folder, 'absent.yaml')))).toBe('file_unreadable');
  });

  it.each(['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost'])('needs no admission section on %s', (host) => {
    expect(codeOf(() => assertAdmission(host, parseConfig({})))).toBe('none');
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'log.example.com', '', '::ffff:0.0.0.0', '1270.0.1'])(
    'needs one on "%s"',
    (host) => {
      expect(codeOf(() => assertAdmission(host, parseConfig({})))).toBe('admission_missing');
      expect(codeOf(() => assertAdmission(host, parseConfig({ admission: { open: true } })))).toBe('none');
    },
  );

  it('is open and unlimited for development', () => {
    expect(developmentConfig()).toMatchObject({ admission: { open: true }, limits: { writes: false, reads: false } });
  });
});
