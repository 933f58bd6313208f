/** What a control statement acts on, from what a person types: files, digests, names, entries of the log. */
import { createHash, createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { parse } from 'yaml';
import type { LogClient } from '../client/log-client.ts';
import { fromHex, parseDecimal, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import type { ControlEventName } from '../entry/control/control-type.ts';
import { namedDigest } from '../entry/control/subject.ts';
import type { Json } from '../entry/encoding/canonical-json.ts';
import { eventIdsOf } from '../evidence/facts/signing-event.ts';
import { readChunks, readText } from './files.ts';
import type { Io } from './io.ts';

/** Subjects of the statement, and the members of its predicate that follow from the target. */
export interface ControlTarget {
  subject: { name?: string; digest: Record<string, string> }[];
  predicate: Record<string, Json>;
}

export interface TargetOptions {
  issuer?: string | undefined;
  repositoryId?: string | undefined;
}

/** @param client where entries of the log are looked up; called only if the target is one */
export async function targetOf(
  event: ControlEventName,
  what: string,
  options: TargetOptions,
  client: () => Promise<LogClient>,
  io: Io,
): Promise<ControlTarget> {
  switch (event) {
    case 'authority-set': {
      const authority = await documentOf(what);
      return { subject: named(String(authority.namespace)), predicate: authority };
    }
    case 'key-authorize':
    case 'key-rotate':
    case 'key-revoke':
      return { subject: [{ digest: { sha256: await keyHash(what) } }], predicate: {} };
    case 'identity-suspend':
    case 'identity-reinstate': {
      const { repositoryId } = options;
      const identity = identityOf(what, options);
      const repository = repositoryId === undefined ? {} : { repositoryId };
      return { subject: named({ ...identity, ...repository }), predicate: { identity, ...repository } };
    }
    case 'builder-revoke':
      return { subject: named(what, what), predicate: { builder: what } };
    case 'policy-set':
      return { subject: [{ digest: { sha256: await sha256OfFile(what, io) } }], predicate: {} };
    case 'withdraw':
      return withdrawn(what, options, client, io);
    default:
      if (what.startsWith('pkg:')) return { subject: named(what, what), predicate: { package: what } };
      return { subject: [{ digest: await digestOf(what, io) }], predicate: {} };
  }
}

async function withdrawn(
  what: string,
  options: TargetOptions,
  client: () => Promise<LogClient>,
  io: Io,
): Promise<ControlTarget> {
  const select = (selector: Record<string, Json>) => ({ subject: named(selector), predicate: { selector } });
  if (what.startsWith('invocation:')) return select({ invocation: what.slice('invocation:'.length) });
  const [, repository, commit] = /^commit:(.+)@([0-9a-f]{40,64})$/.exec(what) ?? [];
  if (repository !== undefined && commit !== undefined) return select({ repository, commit });
  const [, from, to, name] = /^identity:(\d+)-(\d*):(.+)$/.exec(what) ?? [];
  if (from !== undefined && name !== undefined) {
    const indexes = { from: Number(from), ...(to !== '' && { to: Number(to) }) };
    return select({ identity: identityOf(name, options), indexes });
  }
  const index = parseDecimal(what);
  if (index === undefined) {
    throw new LogError(
      'usage',
      'withdraw takes an index, invocation:<id>, commit:<repository>@<commit> or identity:<from>-[<to>]:<name>',
    );
  }
  const entry = await (await client()).entry(index, { signal: io.signal });
  const ids = entry.content === undefined ? [] : eventIdsOf(entry.content, entry.payload);
  const events = ids.filter((id) => id !== undefined).map(toHex);
  if (events.length === 0) {
    throw new LogError('usage', 'nobody can say what the entry signed: the log has no payload of it');
  }
  const leafHash = toHex(entry.leafHash);
  const selector = { leaves: [{ leafHash, events }] };
  return { subject: [{ digest: { sha256: leafHash } }], predicate: { selector } };
}

function identityOf(name: string, { issuer }: TargetOptions): Record<string, Json> {
  if (issuer === undefined) throw new LogError('usage', 'an identity is one of an issuer: give --issuer URL');
  return name.includes('*') ? { issuer, sanPattern: name } : { issuer, san: name };
}

function named(value: Json, name?: string): ControlTarget['subject'] {
  return [{ ...(name !== undefined && { name }), digest: { sha256: namedDigest(value) } }];
}

/** A public key in PEM form, or the SHA-256 that names it. */
async function keyHash(what: string): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(what)) return what;
  try {
    const spki = createPublicKey(await readText(what)).export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(spki).digest('hex');
  } catch (cause) {
    if (cause instanceof LogError) throw cause;
    throw new LogError('malformed_key', 'the key is neither a file in PEM form nor 64 hexadecimal digits', { cause });
  }
}

async function digestOf(what: string, io: Io): Promise<Record<string, string>> {
  if (existsSync(what)) return { sha256: await sha256OfFile(what, io) };
  const [, algorithm, digest] = /^([A-Za-z0-9]+):([0-9a-f]+)$/.exec(what) ?? [];
  if (algorithm !== undefined && digest !== undefined) return { [algorithm]: toHex(fromHex(digest)) };
  throw new LogError('usage', 'give a file, a digest such as sha256:<hex>, or a package URL');
}

async function sha256OfFile(path: string, io: Io): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(path, io)) hash.update(chunk);
  return hash.digest('hex');
}

async function documentOf(path: string): Promise<Record<string, Json>> {
  const text = await readText(path);
  try {
    const value: unknown = parse(text, { maxAliasCount: 0, strict: true, uniqueKeys: true });
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, Json>;
  } catch {
    // Said below.
  }
  throw new LogError('file_unreadable', `${path} is neither YAML nor JSON of one object`);
}
