import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type ConnectionOptions,
  loadDriver,
  networkFileSystem,
  openDatabase,
  requireVersion,
} from '../../../src/storage/sqlite/connection.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-connection-'));
  file = join(folder, 'log.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function settings(options: ConnectionOptions): Record<string, unknown> {
  const db = openDatabase(file, options);
  const names = ['journal_mode', 'synchronous', 'page_size', 'foreign_keys', 'trusted_schema', 'cell_size_check'];
  names.push('mmap_size', 'fullfsync', 'checkpoint_fullfsync', 'busy_timeout', 'journal_size_limit');
  const read = Object.fromEntries(names.map((name) => [name, db.pragma(name, { simple: true })]));
  db.close();
  return read;
}

const expected = {
  journal_mode: 'wal',
  synchronous: 2,
  page_size: 8192,
  foreign_keys: 1,
  trusted_schema: 0,
  cell_size_check: 1,
  mmap_size: 0,
  fullfsync: 1,
  checkpoint_fullfsync: 1,
  busy_timeout: 1000,
  journal_size_limit: 67_108_864,
};

describe('openDatabase', () => {
  it('runs a new file with the durable settings', () => {
    expect(settings({ synchronous: 'FULL', pageSize: 8192, create: true })).toEqual(expected);
  });

  it('runs an existing file with the same settings: the driver alone would open it at NORMAL', () => {
    settings({ synchronous: 'FULL', pageSize: 8192, create: true });
    const driver = loadDriver(createRequire(import.meta.url));
    const bare = new driver(file);
    expect(bare.pragma('synchronous', { simple: true })).toBe(1);
    bare.close();
    expect(settings({ synchronous: 'FULL', pageSize: 8192 })).toEqual(expected);
  });

  it('runs derived data at NORMAL', () => {
    const options = { synchronous: 'NORMAL', pageSize: 4096 } as const;
    const derived = { ...expected, synchronous: 1, page_size: 4096 };
    expect([settings({ ...options, create: true }), settings(options)]).toEqual([derived, derived]);
  });

  it('opens for reading only', () => {
    settings({ synchronous: 'FULL', pageSize: 8192, create: true });
    const db = openDatabase(file, { synchronous: 'FULL', pageSize: 8192, readonly: true });
    expect(() => db.exec('CREATE TABLE a (b)')).toThrow(/readonly/);
    db.close();
  });

  it('does not make a file unless told to', () => {
    expect(() => openDatabase(file, { synchronous: 'FULL', pageSize: 8192 })).toThrow(
      expect.objectContaining({ code: 'log_missing' }),
    );
  });

  it('refuses a file that is not a database', () => {
    writeFileSync(file, 'not a database, but long enough to hold a header'.repeat(100));
    expect(() => openDatabase(file, { synchronous: 'FULL', pageSize: 8192 })).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
  });

  it('says so where the folder is missing', () => {
    const options = { synchronous: 'FULL', pageSize: 8192, create: true } as const;
    expect(() => openDatabase(join(folder, 'none', 'log.db'), options)).toThrow(
      expect.objectContaining({ code: 'file_unreadable' }),
    );
  });

  it('refuses a file that another process holds', () => {
    const driver = loadDriver(createRequire(import.meta.url));
    const other = new driver(file);
    other.exec('CREATE TABLE a (b); BEGIN EXCLUSIVE');
    expect(() => openDatabase(file, { synchronous: 'FULL', pageSize: 8192 })).toThrow(
      expect.objectContaining({ code: 'already_running' }),
    );
    other.close();
  });

  it('refuses to run where synchronous=FULL does not take: a second open of a WAL file is NORMAL by itself', () => {
    openDatabase(file, { synchronous: 'FULL', pageSize: 8192, create: true }).close();
    const driver = loadDriver(createRequire(import.meta.url));
    const { pragma } = driver.prototype;
    const ignored = vi.spyOn(driver.prototype, 'pragma').mockImplementation(function (this: object, text, options) {
      return text.startsWith('synchronous =') ? [] : pragma.call(this, text, options);
    });
    try {
      expect(() => openDatabase(file, { synchronous: 'FULL', pageSize: 8192 })).toThrow(
        expect.objectContaining({ code: 'storage_unsafe', message: expect.stringMatching(/synchronous=1/) }),
      );
    } finally {
      ignored.mockRestore();
    }
  });

  it('reads the journal mode back', () => {
    const driver = loadDriver(createRequire(import.meta.url));
    const other = new driver(file);
    other.exec('CREATE TABLE a (b)');
    other.close();
    expect(() => openDatabase(file, { synchronous: 'FULL', pageSize: 8192, readonly: true })).toThrow(
      expect.objectContaining({ code: 'storage_unsafe' }),
    );
  });
});

describe('loadDriver', () => {
  it('says what to install where the driver is missing', () => {
    const missing = () => {
      throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
    };
    expect(() => loadDriver(missing)).toThrow(expect.objectContaining({ code: 'driver_missing' }));
  });

  it('says so too where the native part does not load', () => {
    const broken = () =>
      class {
        constructor() {
          throw new Error('Could not locate the bindings file');
        }
      };
    expect(() => loadDriver(broken)).toThrow(expect.objectContaining({ code: 'driver_missing' }));
  });
});

describe('requireVersion', () => {
  it.each(['3.51.3', '3.53.2', '4.0.0'])('takes %s', (version) => {
    expect(() => requireVersion(version)).not.toThrow();
  });

  it.each(['3.40.1', '3.51.2', '2.99.99', ''])('refuses %j', (version) => {
    expect(() => requireVersion(version)).toThrow(expect.objectContaining({ code: 'storage_unsafe' }));
  });
});

describe('networkFileSystem', () => {
  it('knows NFS, and leaves ext4 and tmpfs alone', () => {
    expect([0x6969, 0xef53, 0x01021994].map(networkFileSystem)).toEqual(['NFS', undefined, undefined]);
  });
});
