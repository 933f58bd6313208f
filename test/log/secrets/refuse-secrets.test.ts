import { describe, expect, it } from 'vitest';
import { decodeUtf8, utf8 } from '../../../src/core/bytes.ts';
import { LogError } from '../../../src/core/errors.ts';
import { OWN_PATTERNS } from '../../../src/log/secrets/own-patterns.ts';
import { refuseSecrets } from '../../../src/log/secrets/refuse-secrets.ts';
import { mayHoldSecret } from '../../../src/log/secrets/secret-hints.ts';
import { nameOfSecret, RULE_NAMES } from '../../../src/log/secrets/secret-rules.ts';
import { realRecords } from '../../entry/real-records.ts';
import { statement } from '../../fixtures/make.ts';
import { SHARED_ABSENT, shared } from '../../shared.ts';
import { PLANTED } from './planted.ts';

/** What a payload is refused with; undefined where it is not. */
function refusalOf(payload: string | Uint8Array): LogError | undefined {
  try {
    refuseSecrets(typeof payload === 'string' ? utf8(payload) : payload);
    return undefined;
  } catch (error) {
    if (error instanceof LogError && error.code === 'secret_submitted') return error;
    throw error;
  }
}

const github = PLANTED.github!;
const formats = Object.entries(PLANTED);

describe('every rule', () => {
  // Keys are refused as such, and files and comments are no matter here.
  const ELSEWHERE = ['privatekey', 'gcp'];

  it('has a sample, so that none goes without a hint', () => {
    const rules = [...RULE_NAMES, ...OWN_PATTERNS.keys()].filter((name) => !ELSEWHERE.includes(name));
    expect(rules.filter((name) => PLANTED[name] === undefined)).toEqual([]);
  });

  it.each(formats)('%s is hinted at, and recognised', (name, make) => {
    for (let i = 0; i < 200; i++) {
      const secret = make();
      expect([secret, mayHoldSecret(utf8(secret), secret)]).toEqual([secret, true]);
      expect([secret, nameOfSecret(secret) === undefined]).toEqual([secret, false]);
    }
    expect([...RULE_NAMES, ...OWN_PATTERNS.keys()]).toContain(name);
  });
});

describe('a planted credential', () => {
  /** Where an environment gets into provenance. */
  const places: [name: string, at: string, plant: (secret: string) => unknown][] = [
    [
      'an environment',
      '/predicate/buildDefinition/internalParameters/environment/DEPLOY~1TOKEN',
      (secret) => ({
        buildDefinition: { internalParameters: { environment: { CI: 'true', 'DEPLOY/TOKEN': secret } } },
      }),
    ],
    [
      'a list of variables',
      '/predicate/env/1/value',
      (secret) => ({ env: [{ name: 'CI' }, { name: 'T', value: secret }] }),
    ],
    ['a command line', '/predicate/args/1', (secret) => ({ args: ['deploy', `--token=${secret} --verbose`] })],
    ['the output of a step', '/predicate/log', (secret) => ({ log: `$ env\nCI=true\nT=${secret}\nPATH=/bin\n` })],
    ['a member’s name', '/predicate/seen', (secret) => ({ seen: { [secret]: true } })],
  ];
  const withSecret = (plant: (secret: string) => unknown, secret: string) =>
    statement('ab'.repeat(32), { predicate: plant(secret) });

  it('B4, B12: is refused in at least 99 of 100 payloads, whatever it is and wherever it is', () => {
    const payloads = formats.flatMap(([, make]) => places.map(([, , plant]) => withSecret(plant, make())));
    const missed = payloads.filter((payload) => refusalOf(payload) === undefined);
    expect(payloads.length).toBeGreaterThanOrEqual(200);
    expect(missed.length / payloads.length, missed.join('\n')).toBeLessThanOrEqual(0.01);
  });

  it.each(places)('in %s is pointed at', (_, at, plant) => {
    expect(refusalOf(withSecret(plant, github()))).toMatchObject({ at });
  });

  it.each(places)('in %s is never repeated', (_, __, plant) => {
    const secret = github();
    const { message, at, details, cause } = refusalOf(withSecret(plant, secret))!;
    expect(JSON.stringify([message, at, details, cause])).not.toContain(secret.slice(4, 20));
  });

  it('is found by the name that it goes by', () => {
    const secret = PLANTED['aws-secret-access-key']!().slice(-40);
    expect(refusalOf(JSON.stringify({ AWS_SECRET_ACCESS_KEY: secret }))).toMatchObject({
      at: '/AWS_SECRET_ACCESS_KEY',
    });
    expect(refusalOf(JSON.stringify({ name: 'AWS_SECRET_ACCESS_KEY', value: secret }))).toMatchObject({ at: '/value' });
    expect(refusalOf(JSON.stringify({ unnamed: secret }))).toBeUndefined();
  });

  it('is found behind escapes that JSON does not ask for', () => {
    const escaped = [...github()].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('');
    expect(refusalOf(`{"a": ["${escaped}"]}`)).toMatchObject({ at: '/a/0' });
    const url = PLANTED.basicauth!().replaceAll('/', '\\/');
    expect(refusalOf(`{"a": "${url}"}`)).toMatchObject({ at: '/a' });
  });

  it('is found in what is no JSON, and in what is no text', () => {
    expect(refusalOf(`NPM_TOKEN=${github()}\n`)).toMatchObject({ at: '' });
    expect(refusalOf(Uint8Array.of(0xff, 0x00, ...utf8(` ${github()} `)))).toMatchObject({ at: '' });
    expect(refusalOf(JSON.stringify(github()))).toMatchObject({ at: '' });
  });

  it('is found in the middle of a long text, and behind many that only look like one', () => {
    const noise = `${'x'.repeat(30)} ${'0'.repeat(10)}\n`.repeat(3000);
    expect(refusalOf(JSON.stringify([`${noise}${github()}\n${noise}`]))).toMatchObject({ at: '/0' });
    const lookalikes = Array.from({ length: 150 }, (_, i) => `npm_config_registry_of_${i}`);
    expect(refusalOf(JSON.stringify([...lookalikes, github(), ...lookalikes]))).toBeDefined();
  });

  it('cannot be let in by a comment', () => {
    expect(refusalOf(`// secretlint-disable\n${github()} // secretlint-disable-line\n`)).toBeDefined();
  });
});

describe('is not refused', () => {
  it.each([
    ['an ordinary statement', statement()],
    [
      'a placeholder',
      '{"env": {"GITHUB_TOKEN": "***", "NPM_TOKEN": "<redacted>", "URL": "https://user:***@host.example"}}',
    ],
    ['a URL without a password', '{"uri": "git+https://github.com/example/app@refs/heads/main"}'],
    [
      'a URL with a port and a scoped package',
      '{"uri": "https://host:8080/@scope/name", "p": "pkg:npm/%40scope/name@1.0.0"}',
    ],
    ['an image by digest', `{"image": "registry.example.com:5000/app@sha256:${'ab'.repeat(32)}"}`],
    [
      'names that begin like tokens',
      '{"npm_package_name": "npm_config_cache_directory_of_the_build", "task": "disk-usage"}',
    ],
    ['Amazon’s own example', '{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}'],
    ['JSON with a broken ending', '{"a": "ghp_", "b": '],
  ])('%s', (_, payload) => {
    expect(refusalOf(payload)).toBeUndefined();
  });

  const root = shared('real');
  if (root === undefined) console.warn(`skipped: ${SHARED_ABSENT}`);
  it.skipIf(root === undefined)('B12: any real attestation', { timeout: 60_000 }, () => {
    const refused: string[] = [];
    let seen = 0;
    for (const { expected, document } of realRecords(root!)) {
      for (const payload of payloadsIn(document)) {
        seen++;
        const refusal = refusalOf(payload);
        if (refusal !== undefined)
          refused.push(`${expected.file} ${expected.record ?? 0}: ${refusal.message} ${refusal.at}`);
      }
    }
    expect(refused).toEqual([]);
    expect(seen).toBeGreaterThan(400);
  });
});

/** Payloads of the envelopes in a document, wherever they are. */
function payloadsIn(value: unknown): Buffer[] {
  if (typeof value !== 'object' || value === null) return [];
  const { payload, statement: pep740 } = value as Record<string, unknown>;
  const own = [payload, pep740].filter((text) => typeof text === 'string').map((text) => Buffer.from(text, 'base64'));
  return [...own, ...Object.values(value).flatMap(payloadsIn)];
}

it('keeps the payload as it is', () => {
  const payload = utf8(statement());
  refuseSecrets(payload);
  expect(decodeUtf8(payload)).toBe(statement());
});
