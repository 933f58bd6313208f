/** The shared real attestations, cut into the records that `expected.json` speaks of. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { parseStrictJson } from '../../src/entry/encoding/strict-json.ts';
import { withCanonicalBase64 } from '../../src/entry/encoding/tolerant-base64.ts';
import { fromPep740, isPep740 } from '../../src/entry/submission/pep740.ts';

export interface ExpectedRecord {
  file: string;
  record?: number;
  kind: string;
  add: 'accept' | 'accept-with-key' | 'refuse' | 'either' | 'not-for-add';
  subjectCount: number | null;
}

export interface RealRecord {
  expected: ExpectedRecord;
  /** As parsed; undefined where the record is not JSON. */
  document: unknown;
}

const LIMITS = { depth: 64, members: 1_000_000, safeIntegers: false };

export function realRecords(root: string): RealRecord[] {
  const { files } = JSON.parse(readFileSync(`${root}/expected.json`, 'utf8')) as { files: ExpectedRecord[] };
  const documents = new Map<string, unknown[]>();
  return files
    .filter(({ add }) => add !== 'not-for-add' && add !== 'either')
    .map((expected) => {
      const { file, record = 0 } = expected;
      const read = documents.get(file) ?? readDocuments(readFileSync(`${root}/${file}`));
      documents.set(file, read);
      return { expected, document: read[record] };
    });
}

/** One document, the items of a list, the bundles of an npm document, or the lines of a JSON Lines file. */
function readDocuments(bytes: Uint8Array): unknown[] {
  try {
    const value = parseStrictJson(bytes, LIMITS) as { attestations?: { bundle: unknown }[] };
    if (Array.isArray(value)) return value;
    return value?.attestations?.map(({ bundle }) => bundle) ?? [value];
  } catch {
    const lines = Buffer.from(bytes).toString('utf8').split('\n');
    return lines.filter((line) => line.trim() !== '').map(readLine);
  }
}

function readLine(line: string): unknown {
  try {
    return parseStrictJson(Buffer.from(line), LIMITS);
  } catch {
    return undefined;
  }
}

/** The submission that a record becomes, as the command line sends it. */
export function asSubmission(document: unknown): unknown {
  if (isPep740(document)) return fromPep740(document)[0];
  const canonical = withCanonicalBase64(document) as Record<string, unknown> | undefined;
  return canonical?.payload !== undefined && canonical.signatures !== undefined ? { envelope: canonical } : canonical;
}

/** The same with a key beside it. */
export function withKey(submission: unknown, publicKey: string): unknown {
  const value = submission as Record<string, unknown>;
  return value.mediaType === undefined ? { ...value, publicKey } : { bundle: value, publicKey };
}

/** Every PEM public key among the shared files: files of keys, npm's key list, keys within a signed policy. */
export function realKeys(root: string): string[] {
  const keys: string[] = [];
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!statSync(`${root}/${name}`).isFile()) continue;
    if (!/(\.pub|\.pem|\.key|keys\.json|policy-signed\.json|public-keys\/.*)$/.test(name)) continue;
    const text = readFileSync(`${root}/${name}`, 'utf8');
    keys.push(...(text.match(/-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----/g) ?? []));
    for (const [, rawBytes] of text.matchAll(/"rawBytes":\s*"([^"]+)"/g)) {
      keys.push(`-----BEGIN PUBLIC KEY-----\n${rawBytes}\n-----END PUBLIC KEY-----\n`);
    }
    for (const [, payload] of text.matchAll(/"payload":\s*"([^"]+)"/g)) {
      const policy = Buffer.from(payload!, 'base64').toString();
      for (const [, key] of policy.matchAll(/"key":\s*"([^"]+)"/g)) keys.push(Buffer.from(key!, 'base64').toString());
    }
  }
  return [...new Set(keys)];
}
