import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatAddCheckpoint, MAX_ADD_CHECKPOINT_LENGTH } from '../../../src/core/add-checkpoint.ts';
import { toHex, utf8 } from '../../../src/core/bytes.ts';
import { parseCheckpoint } from '../../../src/core/checkpoint.ts';
import { cosignatureVerifier, cosigner, openCosignature } from '../../../src/core/cosignature.ts';
import { ed25519PublicKey } from '../../../src/core/ed25519.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { parseNote, verifierOf } from '../../../src/core/note.ts';
import { createWitnessApp } from '../../../src/http/witness/witness-app.ts';
import { WitnessDatabase } from '../../../src/storage/sqlite/witness-db.ts';
import { readWatchedLogs } from '../../../src/witness/watched-log.ts';
import { Witness } from '../../../src/witness/witness.ts';
import { FakeLog } from '../../client/fake-log.ts';

const SEED = new Uint8Array(32).fill(7);
const NAME = 'witness.example';
const verifier = cosignatureVerifier(NAME, ed25519PublicKey(SEED));
const log = new FakeLog().grow(60);

let folder: string;
let store: WitnessDatabase;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-witness-'));
  store = new WitnessDatabase(join(folder, 'witness.db'));
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function appOf(memory: WitnessDatabase): ReturnType<typeof createWitnessApp> {
  const logs = readWatchedLogs([log.verifierKey], verifierOf);
  const witness = new Witness({
    logs,
    cosigner: cosigner(NAME, SEED),
    store: memory,
    clock: () => 1_700_000_000,
    misbehaved: () => undefined,
  });
  return createWitnessApp({ witness, origins: logs.keys(), verifierKey: 'the key' });
}

function bodyOf(old: number, size: number, of = log): string {
  const proof = old === 0 || old >= size ? [] : of.consistency(old, size);
  return formatAddCheckpoint({ old, proof, note: of.checkpoint(size) });
}

const post = (app: ReturnType<typeof createWitnessApp>, body: string): Promise<Response> =>
  Promise.resolve(app.request('/add-checkpoint', { method: 'POST', body }));

describe('a witness over HTTP', () => {
  it('answers with the line of its cosignature', async () => {
    const response = await post(appOf(store), bodyOf(0, 5));
    expect(response.status).toBe(200);
    expect(openCosignature(log.checkpoint(5) + (await response.text()), verifier)).toEqual({ time: 1_700_000_000 });
  });

  it('states its size in a type of its own', async () => {
    const app = appOf(store);
    await post(app, bodyOf(0, 5));
    const response = await post(app, bodyOf(0, 9));
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      409,
      'text/x.tlog.size',
      '5\n',
    ]);
  });

  it('says in words what is wrong', async () => {
    const response = await post(appOf(store), 'old x\n\n');
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8']);
    expect(await response.text()).toContain('"old"');
  });

  it('shows the newest cosigned checkpoint of a log to monitors', async () => {
    const app = appOf(store);
    const path = `/${toHex(sha256(utf8(log.origin)))}/checkpoint`;
    expect((await app.request(path)).status).toBe(404);
    await post(app, bodyOf(0, 5));
    const response = await app.request(path);
    const note = await response.text();
    expect(parseCheckpoint(parseNote(note).text)).toMatchObject({ origin: log.origin, size: 5 });
    expect(openCosignature(note, verifier)).toEqual({ time: 1_700_000_000 });
  });

  it('refuses a body that is too large', async () => {
    const body = 'x'.repeat(MAX_ADD_CHECKPOINT_LENGTH + 1);
    expect((await post(appOf(store), body)).status).toBe(413);
  });

  it('knows no other paths', async () => {
    expect((await appOf(store).request('/checkpoint')).status).toBe(404);
  });
});

describe('fifty clients at once, on two processes’ connections', () => {
  it('never get two roots of one size, nor a size that a smaller one follows', async () => {
    const second = new WitnessDatabase(join(folder, 'witness.db'));
    const fork = log.fork(2).grow(20);
    try {
      const apps = [appOf(store), appOf(second)];
      const cosigned: { size: number; root: string }[] = [];
      const climb = async (client: number): Promise<void> => {
        const of = client % 5 === 0 ? fork : log;
        let old = 0;
        for (let step = 0; step < 12; step++) {
          const size = Math.min(old + 1 + ((client * 7 + step * 3) % 9), 60);
          const response = await post(apps[client % 2]!, bodyOf(old, size, of));
          const text = await response.text();
          if (response.status === 200) {
            openCosignature(of.checkpoint(size) + text, verifier);
            cosigned.push({ size, root: toHex(of.root(size)) });
            old = size;
          } else if (response.status === 409) old = Number(text);
          else expect(response.status).toBe(422);
        }
      };
      await Promise.all(Array.from({ length: 50 }, (_, client) => climb(client)));
      const roots = new Map<number, Set<string>>();
      for (const { size, root } of cosigned) roots.set(size, (roots.get(size) ?? new Set()).add(root));
      expect([...roots.values()].filter((of) => of.size > 1)).toEqual([]);
      // One history: all of them are of the log, or all from size 3 on are of its fork.
      const sides = new Set(
        cosigned.filter(({ size }) => size > 2).map(({ size, root }) => root === toHex(log.root(size))),
      );
      expect(sides.size).toBe(1);
      expect(store.head(log.origin)!.size).toBeGreaterThan(10);
    } finally {
      second.close();
    }
  });
});
