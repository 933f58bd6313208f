/** The main job on real attestations: submit every record, find it again, verify it offline, check the whole log. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogClient } from '../../src/client/log-client.ts';
import { toHex } from '../../src/core/bytes.ts';
import { verifierOf } from '../../src/core/note.ts';
import { lookupTerms } from '../../src/entry/leaf/lookup.ts';
import { verifyBundle } from '../../src/entry/verification/verify-bundle.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';
import { temporaryFolder } from './folder.ts';
import { type Exit, type RunningServer, run, start } from './running-server.ts';

interface Expected {
  file: string;
  record?: number;
  add: 'accept' | 'accept-with-key' | 'refuse' | 'either' | 'not-for-add';
}

interface Added {
  file: string;
  record: number;
  status: 'logged' | 'duplicate' | 'refused' | 'failed';
  index?: number;
  leafHash?: string;
  code?: string;
  reason?: string;
}

const STATUSES: Record<Expected['add'], Added['status'][]> = {
  accept: ['logged', 'duplicate'],
  'accept-with-key': ['refused'],
  refuse: ['refused'],
  either: ['logged', 'duplicate', 'refused'],
  'not-for-add': ['refused'],
};

const real = shared('real');

describe.skipIf(real === undefined)(
  `the shared real attestations${real === undefined ? `: ${SHARED_ABSENT}` : ''}`,
  () => {
    const folder = temporaryFolder();
    let server: RunningServer;
    let added: Map<string, Added>;
    let accepted: { index: number; leafHash: string; bundle: unknown }[] = [];
    const expected = real === undefined ? [] : readExpected();

    beforeAll(async () => {
      server = await start({ data: join(folder.path, 'data'), anchor: join(folder.path, 'anchor') });
      const files = [...new Set(expected.map(({ file }) => file))];
      const { stdout } = await add(files.map((file) => join(real!, file)));
      added = new Map(readLines(stdout).map((line) => [nameOf(line.file.slice(real!.length + 1), line.record), line]));
      const logged = new Map(
        [...added.values()].flatMap((line) => (line.index === undefined ? [] : [[line.index, line]])),
      );
      const client = clientOf(server);
      accepted = await Promise.all(
        [...logged].map(async ([index, { leafHash }]) => {
          const { bundle } = await client.bundle(index);
          return { index, leafHash: leafHash!, bundle };
        }),
      );
    }, 120_000);

    afterAll(async () => {
      await server?.process.stop();
      folder.remove();
    });

    async function add(files: string[], ...flags: string[]): Promise<Exit> {
      return run('add', '--url', server.url, '--log-key', server.verifierKey, '--format', 'jsonl', ...flags, ...files);
    }

    it('accepts and refuses each record as it should, with a code and a reason', () => {
      const wrong = expected.filter(({ file, record, add: verdict }) => {
        const line = added.get(nameOf(file, record ?? 0));
        if (line === undefined || !STATUSES[verdict].includes(line.status)) return true;
        return line.status === 'refused' && (line.code === undefined || line.reason === undefined);
      });
      expect(wrong).toEqual([]);
      expect(accepted.length).toBeGreaterThan(400);
    });

    it('accepts what needs a key once the right one is handed over', async () => {
      const key = join(real!, 'rekor/cmd/rekor-cli/app/tests/intoto_dsse.pem');
      const { stdout, code } = await add(
        [join(real!, 'rekor/cmd/rekor-cli/app/tests/intoto_dsse.json')],
        '--public-key',
        key,
      );
      expect({ code, status: readLines(stdout)[0]?.status }).toEqual({ code: 0, status: 'logged' });
    });

    it('finds every accepted one by a subject digest, or by leaf hash where it states none', async () => {
      const client = clientOf(server);
      const lost: number[] = [];
      for (const { index, leafHash } of accepted) {
        const { leaf, payload } = await client.entry(index);
        const subject = lookupTerms(leaf, payload && { bytes: payload.bytes, type: payload.type }).find(
          ({ kind }) => kind === 'subject',
        );
        const query = subject === undefined ? { leafHash } : { subject: subject.value };
        let found = false;
        for await (const entry of client.find(query)) found ||= entry.index === index;
        if (!found) lost.push(index);
      }
      expect(lost).toEqual([]);
    }, 120_000);

    it('verifies every accepted one offline from its bundle', () => {
      const expectations = {
        logVerifier: verifierOf(server.verifierKey),
        timeVerifier: verifierOf(server.timeVerifierKey),
        origin: server.origin,
        signer: 'any' as const,
        checks: nativeChecks,
      };
      const leaves = accepted.map(({ bundle }) => toHex(verifyBundle(bundle, expectations).leafHash));
      expect(leaves).toEqual(accepted.map(({ leafHash }) => leafHash));
    });

    it('verifies with the command line what an accepted bundle says about its artifact', async () => {
      const { bundle } = accepted.find((one) => JSON.stringify(one.bundle).includes('dsseEnvelope'))!;
      const path = join(folder.path, 'one.bundle');
      writeFileSync(path, JSON.stringify(bundle));
      const { payload } = (bundle as { dsseEnvelope: { payload: string } }).dsseEnvelope;
      const statement = JSON.parse(Buffer.from(payload, 'base64').toString()) as { subject: { digest: object }[] };
      const [algorithm, digest] = Object.entries(statement.subject[0]!.digest)[0]!;
      const flags = ['--bundle', path, '--log-key', server.verifierKey, '--any-signer'];
      const right = await run('verify', `${algorithm}:${digest}`, ...flags);
      const wrong = await run('verify', `${algorithm}:${'0'.repeat(String(digest).length)}`, ...flags);
      expect([right.code, wrong.code]).toEqual([0, 1]);
    });

    it('is sound, from the inside and from the outside', async () => {
      const inside = await run('fsck', '--data', join(folder.path, 'data'));
      const outside = await run('fsck', server.url, '--log-key', server.verifierKey);
      expect([inside.code, outside.code]).toEqual([0, 0]);
    });
  },
);

function readExpected(): Expected[] {
  return (JSON.parse(readFileSync(join(real!, 'expected.json'), 'utf8')) as { files: Expected[] }).files;
}

function readLines(text: string): Added[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Added);
}

function nameOf(file: string, record: number): string {
  return `${file}#${record}`;
}

function clientOf({ url, verifierKey, timeVerifierKey }: RunningServer): LogClient {
  return new LogClient({ url, verifierKey, timeVerifierKey, checks: nativeChecks });
}
