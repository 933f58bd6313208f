import { spawnSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Checkout } from './checkout.ts';

let checkout: Checkout;
beforeEach(() => {
  checkout = new Checkout();
});
afterEach(() => checkout.remove());

describe('a fresh checkout', () => {
  it('is installed and built before the program runs', async () => {
    const { code, stdout } = await checkout.ready(['dist/main.js', 'serve', '--port', '4000']);
    expect(checkout.trace()).toEqual(['npm ci', 'driver', 'tsc', 'rolldown']);
    expect(stdout).toBe('ran main.js serve --port 4000\n');
    expect(code).toBe(0);
  });

  it('only becomes ready where no program is named', async () => {
    expect(await checkout.ready([])).toMatchObject({ code: 0, stdout: '' });
    expect(checkout.trace()).toEqual(['npm ci', 'driver', 'tsc', 'rolldown']);
  });

  it('takes packages that were installed by hand from the same lock file', async () => {
    await checkout.ready([]);
    checkout.write('node_modules/.countersign-ready', '');
    checkout.trace();
    await checkout.ready([]);
    expect(checkout.trace()).toEqual(['driver']);
  });
});

describe('two programs that are started at once', () => {
  it('install and build once', async () => {
    const ended = await Promise.all([checkout.ready(['dist/main.js']), checkout.ready(['dist/main.js'])]);
    expect(ended.map(({ stdout }) => stdout)).toEqual(['ran main.js\n', 'ran main.js\n']);
    expect(checkout.trace()).toEqual(['npm ci', 'driver', 'tsc', 'rolldown']);
  });

  it('do not wait for one that died', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    checkout.write('.cache/ready.turn', String(pid));
    expect(await checkout.ready(['dist/main.js'])).toMatchObject({ code: 0, stdout: 'ran main.js\n' });
  });
});

describe('a checkout that is ready', () => {
  beforeEach(async () => {
    await checkout.ready([]);
    checkout.trace();
  });

  it('neither installs nor builds again, and says nothing', async () => {
    expect(await checkout.ready(['dist/main.js'])).toEqual({ code: 0, stdout: 'ran main.js\n', stderr: '' });
    expect(checkout.trace()).toEqual([]);
  });

  it('installs again when the lock file changes', async () => {
    checkout.lock('1.0.1');
    await checkout.ready([]);
    expect(checkout.trace()).toContain('npm ci');
  });

  it('builds again when a source changes', async () => {
    utimesSync(join(checkout.root, 'src/main.ts'), 1, 1);
    await checkout.ready([]);
    expect(checkout.trace()).toEqual(['tsc', 'rolldown']);
  });

  it('drops what was compiled from a source that is gone', async () => {
    checkout.write('dist/gone.js', '');
    utimesSync(join(checkout.root, 'src/main.ts'), 1, 1);
    expect((await checkout.ready(['dist/gone.js'])).code).toBe(1);
  });

  it('hands on the exit code', async () => {
    expect((await checkout.ready(['dist/main.js', 'fail'])).code).toBe(9);
  });

  it('leaves signals to the program', async () => {
    const { code, stdout } = await checkout.ready(['dist/main.js', 'wait'], {
      onOutput: (output, kill) => output === 'ran main.js wait\n' && kill(),
    });
    expect(stdout).toContain('stopped by SIGTERM');
    expect(code).toBe(4);
  });
});

describe('what is missing is said in words', () => {
  it('a Node that is too old', async () => {
    checkout.write('package.json', JSON.stringify({ type: 'module', engines: { node: '>=999.1' } }));
    const { code, stderr } = await checkout.ready(['dist/main.js']);
    expect(stderr).toMatch(/^countersign needs Node 999\.1 or newer, this is .* https:\/\/nodejs\.org/);
    expect(code).toBe(1);
    expect(checkout.trace()).toEqual([]);
  });

  it('a failed installation', async () => {
    const { code, stderr } = await checkout.ready(['dist/main.js'], { env: { FAKE_NPM: 'fails' } });
    expect(stderr).toContain('npm ci failed with code 1:\n  npm error network unreachable');
    expect(code).toBe(1);
  });

  it('no SQLite driver, with what it needs and why it failed', async () => {
    const { code, stderr } = await checkout.ready(['dist/main.js'], { env: { FAKE_NPM: 'no driver' } });
    expect(stderr).toMatch(/SQLite driver .* does not load/);
    expect(stderr).toContain('a C++ compiler, make and Python 3');
    expect(stderr).toContain('gyp ERR! stack Error: not found: make');
    expect(code).toBe(1);
  });

  it('no SQLite driver: the next attempt tries to install it again', async () => {
    await checkout.ready([], { env: { FAKE_NPM: 'no driver' } });
    checkout.trace();
    expect((await checkout.ready([])).code).toBe(0);
    expect(checkout.trace()).toEqual(['npm ci', 'driver', 'tsc', 'rolldown']);
  });

  it('sources that do not compile, and again until they do', async () => {
    checkout.write('src/main.ts', '// type error');
    expect((await checkout.ready(['dist/main.js'])).stderr).toContain('error TS1: type error');
    expect((await checkout.ready(['dist/main.js'])).code).toBe(1);
  });
});
