import { describe, expect, it } from 'vitest';
import { goSumPins } from '../../../src/cli/pins/go-sum-pins.ts';
import { npmLockPins } from '../../../src/cli/pins/npm-lock-pins.ts';

const bytes = Buffer.alloc(64, 0xab);
const integrity = `sha512-${bytes.toString('base64')}`;
const digest = { sha512: bytes.toString('hex') };
const resolved = 'https://npm.acme.example/left-pad/-/left-pad-1.3.0.tgz';
const lock = (value: object) => npmLockPins('package-lock.json', JSON.stringify(value));

describe("npm's lock file", () => {
  it('pins packages by their integrity, and leaves out what lies in the revision', () => {
    const found = lock({
      lockfileVersion: 3,
      packages: {
        '': { name: 'app' },
        'packages/own': { version: '1.0.0' },
        'node_modules/own': { resolved: 'packages/own', link: true },
        'node_modules/left-pad': { version: '1.3.0', resolved, integrity },
        'node_modules/a/node_modules/@acme/b': { version: '2.0.0', resolved: 'https://npm.acme.example/b.tgz' },
        'node_modules/a/node_modules/c': { version: '1.0.0', inBundle: true },
        'node_modules/d': { resolved: `git+ssh://git@github.com/acme/d.git#${'c0'.repeat(20)}` },
      },
    });
    expect(found).toEqual([
      { uri: resolved, name: 'pkg:npm/left-pad@1.3.0', digest, at: 'package-lock.json: node_modules/left-pad' },
      {
        uri: 'https://npm.acme.example/b.tgz',
        name: 'pkg:npm/%40acme/b@2.0.0',
        at: 'package-lock.json: node_modules/a/node_modules/@acme/b',
      },
      {
        uri: 'git+ssh://git@github.com/acme/d.git',
        digest: { gitCommit: 'c0'.repeat(20) },
        at: 'package-lock.json: node_modules/d',
      },
    ]);
  });

  it('of version 1 nests', () => {
    const inner = { b: { version: '2.0.0', integrity } };
    const found = lock({
      lockfileVersion: 1,
      dependencies: { a: { version: '1.0.0', integrity, dependencies: inner } },
    });
    expect(found.map(({ name }) => name)).toEqual(['pkg:npm/a@1.0.0', 'pkg:npm/b@2.0.0']);
  });

  it('with SHA-1 alone pins nothing', () => {
    const [pin] = lock({ packages: { 'node_modules/a': { version: '1.0.0', integrity: 'sha1-AAAA' } } });
    expect(pin?.digest).toBeUndefined();
  });

  it.each(['[]', 'no JSON'])('is not %s', (text) => {
    expect(() => npmLockPins('package-lock.json', text)).toThrow('not a lock file of npm');
  });
});

describe('go.sum', () => {
  it('pins modules by the hash of their files, not of their go.mod', () => {
    const h1 = Buffer.alloc(32, 0xcd);
    const text = `github.com/acme/x v1.2.3 h1:${h1.toString('base64')}\ngithub.com/acme/x v1.2.3/go.mod h1:AAAA\n`;
    expect(goSumPins('go.sum', text)).toEqual([
      { name: 'pkg:golang/github.com/acme/x@v1.2.3', digest: { dirHash: h1.toString('hex') }, at: 'go.sum:1' },
    ]);
  });
});
