/** `countersign get`: finds entries by index, leaf hash, subject digest or file, and verifies them. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { VerifiedEntry } from '../client/entry.ts';
import type { LogClient } from '../client/log-client.ts';
import { decodeUtf8, fromHex, parseDecimal, toBase64, toHex } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { LeafContent } from '../entry/leaf/leaf.ts';
import type { ChainMark } from '../entry/x509/certificate.ts';
import type { FulcioFacts } from '../entry/x509/fulcio-facts.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { readChunks, replaceFile } from './files.ts';
import { factLines, holderText } from './identity-text.ts';
import type { Io } from './io.ts';
import { type Output, printable, type Result, ResultList } from './output.ts';
import { connect, type RemoteOptions } from './remote.ts';

export interface GetOptions extends RemoteOptions {
  /** File for the bundle of the newest entry found. */
  bundle?: string;
  /** At most so many entries, newest first. */
  limit: number;
}

export async function runGet(what: string, options: GetOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const search = await searchFor(what, io);
  const client = await connect(options, io);
  const results = new ResultList(output, 'entries');
  let found = 0;
  try {
    for await (const index of indexesOf(search, client, io)) {
      const entry = await client.entry(index, { signal: io.signal });
      if (found === 0 && options.bundle !== undefined) {
        const { bundle } = await client.bundle(index, { signal: io.signal });
        await replaceFile(options.bundle, `${JSON.stringify(bundle)}\n`);
      }
      results.add(describe(entry), `${found === 0 ? '' : '\n'}${textOf(entry)}`);
      if (++found >= options.limit) break;
    }
  } catch (error) {
    results.abandon();
    throw error;
  }
  if (found === 0) throw new LogError('not_logged', 'the log has no such entry');
  results.end();
  return EXIT.done;
}

type Search = { index: number } | { leafHash: string } | { subject: string };

async function searchFor(what: string, io: Io): Promise<Search> {
  const index = parseDecimal(what);
  if (index !== undefined) return { index };
  if (/^[0-9a-f]{64}$/.test(what)) return { leafHash: what };
  if (what === '-' || existsSync(what)) return { subject: `sha256:${await sha256OfFile(what, io)}` };
  if (/^[A-Za-z0-9_.-]{1,32}:[A-Za-z0-9_.:+/=-]{1,256}$/.test(what)) return { subject: what };
  throw new LogError(
    'usage',
    'give an index, a leaf hash (64 hex digits), a digest such as sha256:<hex>, or a file; there is no file of this name',
  );
}

async function* indexesOf(search: Search, client: LogClient, io: Io): AsyncGenerator<number> {
  if ('index' in search) yield search.index;
  else if ('subject' in search) {
    for await (const { index } of client.find(search, { signal: io.signal })) yield index;
  } else {
    try {
      yield (await client.inclusionProof({ leafHash: fromHex(search.leafHash) }, { signal: io.signal })).index;
    } catch (error) {
      if (!isLogError(error, 'not_found')) throw error;
    }
  }
}

async function sha256OfFile(path: string, io: Io): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readChunks(path, io)) hash.update(chunk);
  return hash.digest('hex');
}

function describe({
  index,
  leafHash,
  leaf,
  inclusion,
  payload,
  payloadStatusUnverified,
  chainsUnverified,
  content,
}: VerifiedEntry): Result {
  return {
    index,
    leafHash: toHex(leafHash),
    treeSize: inclusion.treeSize,
    rootHash: toHex(inclusion.rootHash),
    kind: content?.kind,
    signers: content === undefined ? [] : signersOf(content, chainsUnverified),
    canonicalizedBody: toBase64(leaf),
    payload:
      payload === undefined
        ? { status: payloadStatusUnverified }
        : { status: payloadStatusUnverified, type: payload.type, content: toBase64(payload.bytes) },
  };
}

interface Signer extends Result {
  spkiSha256: string;
  identities?: string[];
  issuer?: string | undefined;
  facts?: FulcioFacts;
  chain?: ChainMark;
}

function signersOf(content: LeafContent, chains: VerifiedEntry['chainsUnverified']): Signer[] {
  return content.signatures.map(({ verifier: { key, certificate } }, i) => ({
    spkiSha256: toHex(key.spkiHash),
    ...(certificate && {
      identities: [...certificate.names],
      issuer: certificate.oidcIssuer,
      facts: certificate.facts,
      chain: chains[i] ?? 'unverified',
    }),
  }));
}

function textOf(entry: VerifiedEntry): string {
  const { content, inclusion, payload } = entry;
  const lines = [
    `entry      ${entry.index}, proved to be in the tree of ${inclusion.treeSize} entries of ${inclusion.checkpoint.origin}`,
    `leaf       ${toHex(entry.leafHash)}`,
    `kind       ${content?.kind ?? 'not known to this version'}`,
  ];
  for (const signer of content === undefined ? [] : signersOf(content, entry.chainsUnverified)) {
    const { spkiSha256, identities: names, issuer, facts = {}, chain } = signer;
    lines.push(`signer     key ${spkiSha256}`);
    if (names === undefined) continue;
    const word = chain === 'trusted' ? 'chain: trusted, says the log' : 'chain: unverified';
    lines.push(`           certificate for ${holderText({ names, issuer })} (${word})`);
    lines.push(...factLines({ facts }, '             '));
  }
  if (payload === undefined) lines.push(`payload    ${printable(entry.payloadStatusUnverified)}`);
  else {
    lines.push(`payload    ${printable(payload.type)}, ${payload.bytes.length} bytes`);
    const statement = statementOf(payload.bytes);
    if (typeof statement?.predicateType === 'string') lines.push(`predicate  ${printable(statement.predicateType)}`);
  }
  return lines.join('\n');
}

function statementOf(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    return JSON.parse(decodeUtf8(payload) ?? '') as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
