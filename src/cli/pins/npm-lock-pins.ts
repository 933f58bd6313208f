/** Packages of npm's lock files, `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3. */
import { LogError } from '../../core/errors.ts';
import { isObject } from '../../entry/encoding/members.ts';
import { npmPackage } from '../../entry/predicate/package-url.ts';
import type { Pin } from './pin.ts';

interface LockedPackage {
  name?: string;
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  inBundle?: boolean;
  bundled?: boolean;
  dependencies?: Record<string, LockedPackage>;
}

/** @throws LogError file_unreadable */
export function npmLockPins(path: string, text: string): Pin[] {
  const lock = parse(path, text);
  if (isObject(lock.packages)) {
    return Object.entries(lock.packages as Record<string, LockedPackage>).flatMap(([place, locked]) => {
      // Others are the repository's own: the project itself, and its workspaces.
      const name = locked.name ?? /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place)?.[1];
      return name === undefined || !place.includes('node_modules/') ? [] : pinOf(name, locked, `${path}: ${place}`);
    });
  }
  return isObject(lock.dependencies) ? ofVersion1(path, lock.dependencies as Record<string, LockedPackage>) : [];
}

function ofVersion1(path: string, dependencies: Record<string, LockedPackage>): Pin[] {
  return Object.entries(dependencies).flatMap(([name, locked]) => [
    ...pinOf(name, locked, `${path}: ${name}`),
    ...ofVersion1(path, locked.dependencies ?? {}),
  ]);
}

function pinOf(name: string, { version, resolved, integrity, ...locked }: LockedPackage, at: string): Pin[] {
  // What is bundled lies within a package that is pinned; links and paths lie within the commit.
  if (locked.link || locked.inBundle || locked.bundled || resolved?.startsWith('file:')) return [];
  const [, repository, commit] = /^(git\+[^#]+|git:[^#]+)#([0-9a-f]{40})$/.exec(resolved ?? version ?? '') ?? [];
  if (repository !== undefined) return [{ uri: repository, digest: { gitCommit: commit! }, at }];
  const digest = digestsOf(integrity ?? '');
  return [
    {
      ...(resolved !== undefined && { uri: resolved }),
      name: `${npmPackage(name)}${version === undefined ? '' : `@${version}`}`,
      ...(digest !== undefined && { digest }),
      at,
    },
  ];
}

/** Subresource integrity (W3C): `sha512-<base64>`, several with blanks between them. */
function digestsOf(integrity: string): Record<string, string> | undefined {
  const found = [...integrity.matchAll(/\b(sha(?:256|384|512))-([A-Za-z0-9+/]+={0,2})/g)];
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([, name, value]) => [name, Buffer.from(value!, 'base64').toString('hex')]));
}

function parse(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new LogError('file_unreadable', `${path} is not a lock file of npm`);
}
