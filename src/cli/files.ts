/** Files of the user: read with clear errors, written whole or not at all. */
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LogError } from '../core/errors.ts';
import type { Io } from './io.ts';

/** Chunks of a file, or of stdin for `-`. @throws LogError file_unreadable */
export async function* readChunks(path: string, io: Io): AsyncGenerator<Uint8Array> {
  if (path === '-') {
    yield* io.stdin;
    return;
  }
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** A whole file of bounded size, or stdin for `-`. @throws LogError file_unreadable, limit_exceeded */
export async function readWhole(path: string, io: Io, limit = 64 * 1024 * 1024): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readChunks(path, io)) {
    length += chunk.length;
    if (length > limit) throw new LogError('limit_exceeded', `${path} is larger than ${limit / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** A small text file, a PEM key for example. @throws LogError file_unreadable, also where it is no text */
export async function readText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LogError('file_unreadable', `${path} is not text`, { cause });
  }
}

/**
 * Replaces a file so that after a crash or power cut either the old or the new content is there, whole: written
 * beside it, synchronised, renamed, and the directory synchronised.
 * @throws LogError file_unreadable
 */
export async function replaceFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeSynced(temporary, content, 'w', mode);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(path, cause);
  }
}

/** Writes a file that must not exist yet. @throws LogError usage where it does; file_unreadable */
export async function createFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  try {
    await writeSynced(path, content, 'wx', mode);
    await syncDirectory(dirname(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new LogError('usage', `${path} exists already and is not overwritten`, { cause });
    }
    throw unwritable(path, cause);
  }
}

async function writeSynced(path: string, content: string | Uint8Array, flags: string, mode: number): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** True where the error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  const cause = error instanceof LogError ? error.cause : error;
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

/** The error for a file or directory that cannot be read. */
export function unreadable(path: string, cause: unknown): LogError {
  return new LogError('file_unreadable', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
}

/** The error for a file or directory that cannot be written. */
export function unwritable(path: string, cause: unknown): LogError {
  return new LogError('file_unreadable', `${path} cannot be written: ${reasonOf(cause)}`, { cause });
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  return REASONS[code] ?? (code === '' ? 'it failed' : code);
}
