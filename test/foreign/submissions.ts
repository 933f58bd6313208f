/** What the server under judgement is filled with: small attestations by one key, each of them one leaf. */
import { createHash } from 'node:crypto';
import { envelope, statement, testKey } from '../fixtures/make.ts';
import { getJson, type Server } from './server.ts';

const BATCH_ITEMS = 1_000;
let count = 0;

/** A submission that no log has seen. (Digest-only ones would take the server thirty times as long to check.) */
export function attestation(): Record<string, unknown> {
  const key = testKey('p256');
  const digest = createHash('sha256').update(`artifact ${count++}`).digest('hex');
  return { envelope: envelope(statement(digest), [key]), publicKey: key.pem };
}

/** Submits one. @throws Error where it is refused */
export async function submit(server: Server, submission: Record<string, unknown>): Promise<{ index: number }> {
  const answer = await post(server, '/v1/entries', 'application/json', JSON.stringify(submission));
  return JSON.parse(answer) as { index: number };
}

/** Submits until the log has exactly `size` entries. @throws Error where it has more, or refuses one */
export async function growTo(server: Server, size: number): Promise<void> {
  for (let now = await treeSize(server); now !== size; now = await treeSize(server)) {
    if (now > size) throw new Error(`the log has ${now} entries already`);
    const items = Array.from({ length: Math.min(BATCH_ITEMS, size - now) }, attestation);
    const lines = items.map((item) => `${JSON.stringify(item)}\n`).join('');
    const answer = await post(server, '/v1/entries:batch', 'application/x-ndjson', lines);
    if (answer.includes('"error"')) throw new Error(answer.slice(0, 1_000));
  }
}

async function post({ url }: Server, path: string, type: string, body: string): Promise<string> {
  const response = await fetch(url + path, { method: 'POST', headers: { 'Content-Type': type }, body });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${response.status} for ${path}: ${answer}`);
  return answer;
}

async function treeSize(server: Server): Promise<number> {
  return (await getJson<{ treeSize: number }>(server, '/v1/log')).treeSize;
}
