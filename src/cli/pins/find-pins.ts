/** All that the files of a checked-out revision point to. */
import { readdir } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { readText, unreadable } from '../files.ts';
import { dockerfilePins } from './dockerfile-pins.ts';
import { goSumPins } from './go-sum-pins.ts';
import { npmLockPins } from './npm-lock-pins.ts';
import type { Pin } from './pin.ts';
import { workflowPins } from './workflow-pins.ts';

export interface FoundPins {
  /** Each once, by path. */
  readonly pins: readonly Pin[];
  /** Files that were read. */
  readonly read: readonly string[];
  /** Files that pin something too, of formats that are not read. */
  readonly unread: readonly string[];
}

/** Not of the revision, whatever lies there. */
const NOT_OURS = new Set(['.git', 'node_modules']);

const READERS: readonly (readonly [RegExp, (path: string, text: string) => Pin[]])[] = [
  [/^\.github\/workflows\/[^/]+\.ya?ml$/, workflowPins],
  [/(?:^|\/)action\.ya?ml$/, workflowPins],
  [/(?:^|\/)(?:Dockerfile|Containerfile)(?:\.[^/]+)?$|\.Dockerfile$/, dockerfilePins],
  [/(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/, npmLockPins],
  [/(?:^|\/)go\.sum$/, goSumPins],
];

const UNREAD =
  /^(?:yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock|Cargo\.lock|Gemfile\.lock|composer\.lock|poetry\.lock|uv\.lock|Pipfile\.lock|requirements[^/]*\.txt|packages\.lock\.json|gradle\.lockfile|MODULE\.bazel\.lock|flake\.lock|\.gitlab-ci\.yml)$/;

/** @throws LogError file_unreadable */
export async function findPins(folder: string): Promise<FoundPins> {
  const paths = await pathsIn(folder);
  const read: string[] = [];
  const pins = new Map<string, Pin>();
  for (const path of paths) {
    const reader = READERS.find(([pattern]) => pattern.test(path))?.[1];
    if (reader === undefined) continue;
    read.push(path);
    for (const pin of reader(path, await readText(join(folder, path)))) {
      const { at: _, ...what } = pin;
      const key = JSON.stringify(what);
      if (!pins.has(key)) pins.set(key, pin);
    }
  }
  return { pins: [...pins.values()], read, unread: paths.filter((path) => UNREAD.test(basename(path))) };
}

/** Of files, with `/` between folders, sorted; links are not followed. */
async function pathsIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  const folders = [''];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of await entriesOf(join(folder, at))) {
      const path = at === '' ? entry.name : `${at}${sep}${entry.name}`;
      if (entry.isFile()) paths.push(path.split(sep).join('/'));
      else if (entry.isDirectory() && !NOT_OURS.has(entry.name)) folders.push(path);
    }
  }
  return paths.sort();
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}
