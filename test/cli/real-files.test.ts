import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJsonDocuments } from '../../src/cli/json-documents.ts';
import { type FoundRecord, recordsOf } from '../../src/cli/records.ts';
import { type GivenKeys, submissionOf } from '../../src/cli/signers.ts';
import type { LogError } from '../../src/core/errors.ts';
import { prepareSubmission } from '../../src/entry/submission/submission.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';

interface Expected {
  file: string;
  record?: number;
  kind: string;
  add: 'accept' | 'accept-with-key' | 'refuse' | 'either' | 'not-for-add';
}

const folder = shared('real');

describe.skipIf(folder === undefined)(`real files${folder === undefined ? ` (${SHARED_ABSENT})` : ''}`, () => {
  it('yield as many records as expected, of the kinds expected', async () => {
    const differences: string[] = [];
    for (const [file, expected] of expectedByFile()) {
      const kinds = expected.map(({ kind }) => KIND[kind] ?? 'error').join();
      const found = (await recordsOfFile(file)).map(({ kind }) => kind ?? 'error').join();
      if (kinds !== found) differences.push(`${file}: ${found} instead of ${kinds}`);
    }
    expect(differences).toEqual([]);
  });

  it('are accepted and refused as expected, with the keys at hand', async () => {
    const keys = keysAtHand();
    const differences: string[] = [];
    for (const [file, expected] of expectedByFile()) {
      const own = file.startsWith('sigstore-conformance/') ? keysOfCase(file) : keys;
      const found = await recordsOfFile(file);
      for (const [i, { add }] of expected.entries()) {
        const verdict = verdictOf(found[i]!, own);
        const accept = add === 'accept' || add === 'accept-with-key';
        if (add !== 'either' && accept !== (verdict === 'accepted')) {
          differences.push(`${file} record ${i}: ${verdict}, expected ${add}`);
        }
      }
    }
    expect(differences).toEqual([]);
  });

  it('are refused for want of a key where none is given', async () => {
    const verdicts = new Set<string>();
    for (const [file, expected] of expectedByFile()) {
      if (!expected.some(({ add }) => add === 'accept-with-key')) continue;
      const found = await recordsOfFile(file);
      for (const [i, { add }] of expected.entries()) {
        if (add === 'accept-with-key') verdicts.add(verdictOf(found[i]!, []));
      }
    }
    expect([...verdicts]).toEqual(['key_missing']);
  });
});

const KIND: Record<string, FoundRecord['kind']> = {
  'bundle-dsse': 'bundle',
  'bundle-message': 'bundle',
  dsse: 'envelope',
  'gcb-dsse': 'envelope',
  pep740: 'pep740',
};

function expectedByFile(): Map<string, Expected[]> {
  const { files } = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as { files: Expected[] };
  const groups = new Map<string, Expected[]>();
  for (const record of files) groups.set(record.file, [...(groups.get(record.file) ?? []), record]);
  return groups;
}

async function recordsOfFile(file: string): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  for await (const document of readJsonDocuments(createReadStream(`${folder}/${file}`))) {
    if (document.error !== undefined) found.push({ error: document.error });
    else found.push(...recordsOf(document.value));
  }
  return found;
}

function verdictOf(record: FoundRecord, publicKeys: readonly string[]): string {
  const keys: GivenKeys = { publicKeys, certificate: undefined, leaf: undefined };
  try {
    prepareSubmission(submissionOf(record, keys, nativeChecks), nativeChecks);
    return 'accepted';
  } catch (error) {
    return (error as LogError).code;
  }
}

/** A conformance case names its own key, right or wrong. */
function keysOfCase(file: string): string[] {
  const key = `${folder}/${dirname(file)}/key.pub`;
  return existsSync(key) ? [readFileSync(key, 'utf8')] : [];
}

/** Key files, the keys of npm, and those that the witness policy names. */
function keysAtHand(): string[] {
  const files = readdirSync(folder!, { recursive: true, encoding: 'utf8' });
  const pems = files
    .filter((file) => /\.(pem|pub|key)$/.test(file) && !file.startsWith('sigstore-conformance'))
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
    .filter((text) => text.startsWith('-----BEGIN PUBLIC KEY-----'));
  const npm = JSON.parse(readFileSync(`${folder}/root-signing/targets/npm/keys.json`, 'utf8')) as {
    keys: { publicKey: { rawBytes: string } }[];
  };
  const policy = JSON.parse(readFileSync(`${folder}/archivista/test/policy-signed.json`, 'utf8')) as {
    payload: string;
  };
  const { publickeys } = JSON.parse(Buffer.from(policy.payload, 'base64').toString()) as {
    publickeys: Record<string, { key: string }>;
  };
  return [
    ...pems,
    ...npm.keys.map(({ publicKey }) => `-----BEGIN PUBLIC KEY-----\n${publicKey.rawBytes}\n-----END PUBLIC KEY-----\n`),
    ...Object.values(publickeys).map(({ key }) => Buffer.from(key, 'base64').toString()),
  ];
}
