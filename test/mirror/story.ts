/** A log with an entry of every kind that a copy has to carry, and what it answers. */
import { join } from 'node:path';
import { toHex } from '../../src/core/bytes.ts';
import { addKey } from '../../src/threads/add-key.ts';
import { erasePayload } from '../../src/threads/erase-payload.ts';
import { artifactSubmission, envelope, sha256Hex, statement, testKey } from '../client/submissions.ts';
import { controlSubmission, selfRevocation } from '../fixtures/control.ts';
import * as make from '../fixtures/make.ts';
import type { InlineApp } from '../http/inline-app.ts';
import { type InlineLog, inlineSettings, openInlineLog } from '../inline-log.ts';
import { createOlderLog } from '../older-log.ts';

const key = testKey();

export async function addMany(log: InlineLog, count: number, name = 'a'): Promise<void> {
  const from = log.head().size;
  const lines = Array.from({ length: count }, (_, i) => JSON.stringify(artifactSubmission(`${name}${from + i}`, key)));
  await log.submit({ format: 'ndjson', body: new Uint8Array(Buffer.from(lines.join('\n'))), admitted: true });
}

/** A payload that is brought after its leaf was logged from the digest of its PAE. */
export function latePayload() {
  const signed = envelope(statement('late'), key);
  const pae = Buffer.from(signed.payload, 'base64').toString();
  const message = `DSSEv1 ${signed.payloadType.length} ${signed.payloadType} ${Buffer.byteLength(pae)} ${pae}`;
  return {
    first: { artifact: { sha256: sha256Hex(message) }, signature: signed.signatures[0]!.sig, publicKey: key.publicKey },
    later: { envelope: signed, publicKey: key.publicKey },
  };
}

/**
 * Creates the log in a folder: entries 0 to 300 and some. Entry 1 is erased, entry 2 gets its payload later, entry 3 has
 * a companion, entry 4 is a dsse leaf, entry 5 a control statement.
 */
export async function storyLog(folder: string): Promise<InlineLog> {
  // One that was made without a key for clients of Rekor v1, so that a later statement names it.
  await createOlderLog({ data: join(folder, 'data'), anchor: join(folder, 'anchor') }, 'log.example.org');
  let log = openInlineLog({ folder });
  await log.add({ envelope: envelope(statement('to be erased'), key), publicKey: key.publicKey });
  const { first, later } = latePayload();
  await log.add(first);
  const hinted = envelope(statement('hinted'), key);
  hinted.signatures[0]!.keyid = 'key-1';
  await log.add({ envelope: hinted, publicKey: key.publicKey });
  const ed25519 = make.testKey('ed25519');
  await log.add({ envelope: make.envelope(make.statement(), [ed25519]), publicKey: ed25519.pem });
  const p256 = make.testKey('p256');
  await log.add(controlSubmission(selfRevocation(p256), p256));
  await addMany(log, 290);
  await log.add(later);
  await log.close();
  await erasePayload(inlineSettings(folder), { index: 1 }, 'a test');
  await addKey(inlineSettings(folder), 'rekor-v1');
  log = openInlineLog({ folder });
  await addMany(log, 3);
  return log;
}

/** What the log answers about everything that it holds. */
export async function answersOf({ get, log }: InlineApp): Promise<Record<string, string>> {
  const paths = ['/checkpoint', '/v1/log', '/v1/checkpoints?limit=100', '/v1/revocations'];
  for (let index = 0; index < log.head().size; index += index < 8 || index > 290 ? 1 : 40) {
    paths.push(...['', '/bundle', '/payload', '/tlog-proof'].map((form) => `/v1/entries/${index}${form}`));
  }
  const answers: Record<string, string> = { root: toHex(log.head().root) };
  for (const path of paths) answers[path] = withoutId(await (await get(path)).text());
  return answers;
}

function withoutId(text: string): string {
  return text.replace(/"(requestId|instance)":"[^"]*"/g, '');
}
