/** Opens SQLite files with the settings that durability rests on, and does not believe them until they are read back. */
import { existsSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { LogError } from '../../core/errors.ts';

export type Connection = Database.Database;
type Driver = typeof Database;

export interface ConnectionOptions {
  /** FULL: a commit survives a power cut (`log.db`). NORMAL: it may be lost, never torn (derived data only). */
  synchronous: 'FULL' | 'NORMAL';
  /** Bytes. Takes effect when the file is created. */
  pageSize: number;
  readonly?: boolean;
  /** Makes the file where there is none. Without it a missing file is an error. */
  create?: boolean;
  /** Opens on a network file system too, whose locks and fsync the caller vouches for. */
  allowNetworkFileSystem?: boolean;
}

/** Milliseconds that a statement waits for a lock. It blocks its thread meanwhile, so it is short. */
const BUSY_TIMEOUT = 1000;

/** Bytes to which a write-ahead log is cut when it starts over. */
const JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024;

/**
 * Opens a database file in WAL mode.
 * Never open such a file, its -wal or its -shm with `fs` in the same process: closing any descriptor of a file drops
 * all POSIX locks that SQLite holds on it.
 * @throws LogError driver_missing, log_missing, file_unreadable, corrupt (not a database), already_running (locked),
 * storage_unsafe (a setting did not take, SQLite too old, or a network file system)
 */
export function openDatabase(file: string, options: ConnectionOptions): Connection {
  loaded ??= loadDriver(createRequire(import.meta.url));
  const Driver = loaded;
  if (options.create !== true && !existsSync(file)) {
    throw new LogError('log_missing', `there is no database at ${file}`);
  }
  if (options.allowNetworkFileSystem !== true) refuseNetworkFileSystem(dirname(file));
  let db: Connection | undefined;
  try {
    db = new Driver(file, {
      readonly: options.readonly === true,
      fileMustExist: options.create !== true,
      timeout: BUSY_TIMEOUT,
    });
    applySettings(db, options);
    return db;
  } catch (error) {
    db?.close();
    throw openingError(file, error);
  }
}

/**
 * Sets everything on every open, since SQLite keeps none of it in the file but the journal mode; and the driver is
 * compiled so that a second open of a WAL file runs at NORMAL silently.
 */
function applySettings(db: Connection, options: ConnectionOptions): void {
  if (!db.readonly) {
    db.pragma(`page_size = ${options.pageSize}`); // before WAL, which fixes it
    db.pragma('journal_mode = WAL');
  }
  const settings: [name: string, value: string, readBack: number][] = [
    ['synchronous', options.synchronous, options.synchronous === 'FULL' ? 2 : 1],
    ['foreign_keys', 'ON', 1],
    ['trusted_schema', 'OFF', 0],
    ['cell_size_check', 'ON', 1],
    ['mmap_size', '0', 0],
    ['fullfsync', 'ON', 1], // macOS only: there, fsync alone does not reach the disk
    ['checkpoint_fullfsync', 'ON', 1],
    ['busy_timeout', String(BUSY_TIMEOUT), BUSY_TIMEOUT],
    ['journal_size_limit', String(JOURNAL_SIZE_LIMIT), JOURNAL_SIZE_LIMIT],
  ];
  requireSetting(db, 'journal_mode', 'wal');
  for (const [name, value, readBack] of settings) {
    db.pragma(`${name} = ${value}`);
    requireSetting(db, name, readBack);
  }
}

function requireSetting(db: Connection, name: string, expected: number | string): void {
  const actual = db.pragma(name, { simple: true });
  if (actual !== expected) {
    throw new LogError('storage_unsafe', `sqlite runs with ${name}=${actual}, which must be ${expected}`);
  }
}

/** Loaded with the first database: verifying needs no native code. */
let loaded: Driver | undefined;

/**
 * Loads and tries the SQLite driver. Synchronous, as opening is.
 * @throws LogError driver_missing, storage_unsafe
 */
export function loadDriver(load: (id: string) => unknown): Driver {
  let driver: Driver;
  let version: string;
  try {
    driver = load('better-sqlite3') as Driver;
    // The native part loads with the first database.
    const probe = new driver(':memory:');
    version = probe.prepare('SELECT sqlite_version()').pluck().get() as string;
    probe.close();
  } catch (cause) {
    throw new LogError(
      'driver_missing',
      'the sqlite driver cannot be loaded: run "npm install better-sqlite3@^12.11.1"; where it has no prebuilt binary ' +
        'for this system, install python3, make and a C++ compiler first',
      { cause },
    );
  }
  requireVersion(version);
  return driver;
}

/**
 * SQLite 3.7.0 to 3.51.2 can corrupt a WAL database that has two connections, when the log is reset.
 * @throws LogError storage_unsafe
 */
export function requireVersion(version: string): void {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (!(major * 1e6 + minor * 1e3 + patch >= 3_051_003)) {
    throw new LogError(
      'storage_unsafe',
      `sqlite ${version} may corrupt its write-ahead log: 3.51.3 or newer is needed`,
    );
  }
}

/** `f_type` of statfs(2) on Linux. Their locks or their fsync cannot be relied on. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB2'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
]);

/** The name of a network file system, or undefined for all others. */
export function networkFileSystem(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS.get(type);
}

function refuseNetworkFileSystem(folder: string): void {
  if (process.platform !== 'linux' || !existsSync(folder)) return;
  const name = networkFileSystem(statfsSync(folder).type);
  if (name !== undefined) {
    throw new LogError(
      'storage_unsafe',
      `the data directory is on a network file system (${name}), where a commit may not be durable: use a local disk`,
    );
  }
}

/** What a database that cannot be opened, or read right after that, is reported as. A `LogError` stays what it is. */
export function openingError(file: string, cause: unknown): LogError {
  if (cause instanceof LogError) return cause;
  const code = (cause as { code?: unknown }).code;
  const sqlite = typeof code === 'string' ? code : '';
  if (sqlite === 'SQLITE_NOTADB' || sqlite.startsWith('SQLITE_CORRUPT')) {
    return new LogError('corrupt', `${file} is not a database, or a damaged one`, { cause });
  }
  if (sqlite.startsWith('SQLITE_BUSY')) {
    return new LogError('already_running', `${file} is locked by another process`, { cause });
  }
  return new LogError('file_unreadable', `${file} cannot be opened${sqlite === '' ? '' : ` (${sqlite})`}`, { cause });
}
