/** `countersign evidence export`: one file from which a gate decides on an artifact without a network. */
import {
  type BundledEntry,
  type BundledLookup,
  type EvidenceBundle,
  evidenceMessage,
  writeEvidenceBundle,
} from '../client/evidence-bundle.ts';
import type { LogClient } from '../client/log-client.ts';
import type { VerifiedCheckpoint } from '../client/log-key.ts';
import type { RevocationFeed } from '../client/revocation-feed.ts';
import { replicateRevocations } from '../client/revocations.ts';
import type { RequestOptions } from '../client/transport.ts';
import { coveredIndex } from '../client/verify-evidence-bundle.ts';
import { toBase64, toHex, utf8 } from '../core/bytes.ts';
import { isLogError, LogError } from '../core/errors.ts';
import type { Authority } from '../entry/control/authority-set.ts';
import { namespacesOf } from '../evidence/gate/collect.ts';
import { decide } from '../evidence/gate/decide.ts';
import { readDuration } from '../evidence/policy/document/duration.ts';
import { presetText } from '../evidence/policy/document/read-policy.ts';
import type { Policy } from '../evidence/policy/policy.ts';
import { readPolicy } from '../evidence/policy/policy.ts';
import { readArtifact } from './artifact.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { createFile } from './files.ts';
import { type Output, writeResult } from './output.ts';
import { loadPolicyText } from './policy-file.ts';
import { type Lookup, RememberedEvidence } from './remembered-evidence.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { remoteEvidence } from './remote-evidence.ts';
import { signatureOver } from './signed-statement.ts';
import { readPrivateKey } from './signing-event.ts';
import { readAuthorityFile, standingOf } from './verified-standing.ts';

export interface EvidenceExportOptions extends RemoteOptions {
  out: string;
  /** A duration as policies write them. */
  expires: string;
  policy?: string;
  name?: string;
  authority?: string[];
  sign?: string;
}

export async function runEvidenceExport(
  artifact: string,
  options: EvidenceExportOptions,
  output: Output,
): Promise<ExitCode> {
  const { io } = output;
  const lasts = readDuration(options.expires);
  if (lasts === undefined) throw new LogError('usage', '--expires takes a duration, 7d or 12h for example');
  const text = options.policy === undefined ? undefined : await loadPolicyText(options.policy, io);
  // The preset with the most rules looks for what the others look for, and more.
  const policy = await readPolicy(text ?? presetText('regulated'));
  const named = await readArtifact(/^[0-9a-f]{64}$/.test(artifact) ? `sha256:${artifact}` : artifact, io);
  const digests = new Map(named.map(({ algorithm, digest }) => [algorithm, digest]));
  const signer = options.sign === undefined ? undefined : await readPrivateKey(options.sign);
  const authorities = await Promise.all((options.authority ?? []).map(readAuthorityFile));
  const client = await connect(options, io);
  const request = { signal: io.signal };

  const about = { name: options.name, digests };
  const { source, head, feed } = await gather(client, policy, about, authorities, io.now(), request);
  const lookups = (await source.lookups()).map(({ lookup, found }) => bundledLookup(lookup, found));
  const indexes = new Set([0, ...lookups.flatMap(({ found }) => found ?? [])]);
  const entries: BundledEntry[] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    entries.push(await bundledEntry(client, index, head, request));
  }
  const bundle: EvidenceBundle = {
    created: io.now(),
    expires: io.now() + lasts,
    artifact: { digests: Object.fromEntries(digests), ...(options.name !== undefined && { name: options.name }) },
    ...(text !== undefined && { policy: text }),
    checkpoint: head.note,
    lookups,
    entries,
    revocations: await bundledRevocations(client, feed, head, request),
  };
  const signature = signer && {
    publicKey: signer.publicKey,
    signature: signatureOver(evidenceMessage(bundle), signer.key),
  };
  const file = utf8(writeEvidenceBundle(bundle, signature));
  await createFile(options.out, file);
  const { size, origin } = head;
  const { expires } = bundle;
  writeResult(
    output,
    { file: options.out, origin, treeSize: size, entries: entries.length, revocations: feed.state.size, expires },
    `${options.out}: ${entries.length} entries and ${feed.state.size} revocation events of ${origin}, as of ${size} entries; expires ${new Date(expires * 1000).toISOString()}`,
  );
  return EXIT.done;
}

/** Revocations that are stated beyond the evidence's tree would need a second tree: then all is looked up anew. */
const ATTEMPTS = 5;

/** What the policy looks for, and the whole feed, as of one checkpoint. */
async function gather(
  client: LogClient,
  policy: Policy,
  artifact: { name: string | undefined; digests: ReadonlyMap<string, string> },
  authorities: readonly Authority[],
  now: number,
  options: RequestOptions,
): Promise<{ source: RememberedEvidence; head: VerifiedCheckpoint; feed: RevocationFeed }> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = await client.checkpoint(options);
    const source = new RememberedEvidence(await remoteEvidence(client, options, head));
    const { feed } = await replicateRevocations(client, undefined, options);
    if ((feed.state.statement?.index ?? 0) >= head.size) continue;
    const standing = standingOf(feed, authorities, { follows: namespacesOf(policy.document) });
    await decide(source, standing, policy, { artifact, phase: 'deploy', now });
    return { source, head, feed };
  }
  throw new LogError('unreachable', 'revocations are logged faster than they can be exported; try again');
}

function bundledLookup(
  { term, limit, all, narrowing }: Lookup,
  found: PromiseSettledResult<readonly { index: number }[]>,
) {
  const lookup: BundledLookup = { ...term, ...narrowing, limit, all, found: null };
  if (found.status === 'fulfilled') lookup.found = found.value.map(({ index }) => index);
  else if (!isLogError(found.reason, 'limit_exceeded')) throw found.reason;
  return lookup;
}

async function bundledEntry(
  client: LogClient,
  index: number,
  head: VerifiedCheckpoint,
  options: RequestOptions,
): Promise<BundledEntry> {
  const { stated, entry } = await client.entryAsStated(index, { ...options, size: head.size });
  const first = await client.checkpointCovering(coveredIndex(entry, head), options);
  const proof = await client.consistencyProof(first, head, options);
  const bundle = await bundleOf(client, index, options);
  return {
    stated,
    proof: entry.inclusion.hashes.map(toBase64),
    covered: { checkpoint: first.note, proof: proof.map(toBase64) },
    ...(entry.payload !== undefined && { payload: toBase64(entry.payload.bytes) }),
    ...(bundle !== undefined && { bundle }),
  };
}

/** Whoever has no bundle of the entry does without: it adds chain and timestamps, and proves nothing that is needed. */
async function bundleOf(client: LogClient, index: number, options: RequestOptions) {
  try {
    return (await client.bundle(index, options)).bundle as BundledEntry['bundle'];
  } catch (error) {
    if (isLogError(error, 'unreachable', 'rate_limited') || !isLogError(error)) throw error;
    return undefined;
  }
}

async function bundledRevocations(
  client: LogClient,
  { state }: RevocationFeed,
  { size }: VerifiedCheckpoint,
  options: RequestOptions,
): Promise<EvidenceBundle['revocations']> {
  const pages: unknown[] = [];
  let next = 0;
  while (next < state.size) {
    const page = (await client.revocationPageUnverified(next, options)) as { next: number };
    pages.push(page);
    if (!(page.next > next)) throw new LogError('answer_unexpected', 'the feed of revocations has become shorter');
    next = page.next;
  }
  if (state.statement === undefined) return { pages, proof: [] };
  const { hashes, leafHash } = await client.inclusionProof({ index: state.statement.index }, { ...options, size });
  if (toHex(leafHash) !== toHex(state.statement.leafHash)) {
    throw new LogError('proof_invalid', 'the log holds another entry where it states its feed');
  }
  return { pages, proof: hashes.map(toBase64) };
}
