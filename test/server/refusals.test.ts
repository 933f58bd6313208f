/** A server that is not sure of its log does not start: exit code 78, the reason's code, and nothing written. */
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createInlineLog } from '../inline-log.ts';
import { temporaryFolder } from './folder.ts';
import { eventually, Http, problemOf } from './http.ts';
import { launch, refusal, run, start, useServers } from './running-server.ts';
import { signedArtifact } from './signed.ts';
import { copyOf, makeTemplate, type Template, tamper } from './template.ts';

const { place, folder: folderOfTest } = useServers();
const folder = temporaryFolder();
let template: Template;
let other: Template;

beforeAll(async () => {
  const at = (name: string) => ({ data: join(folder.path, name, 'data'), anchor: join(folder.path, name, 'anchor') });
  // Enough for a full tile, and for entries older than those that are hashed again at every start.
  [template, other] = await Promise.all([makeTemplate(at('log'), 300), makeTemplate(at('other'), 1)]);
});
afterAll(() => folder.remove());

const copy = () => copyOf(template.place, place());
const plain = { flags: [] };

/** Every way to be refused, what is done before the start, and the code. */
const REFUSALS: [name: string, code: string, prepare: (log: ReturnType<typeof copy>) => readonly string[]][] = [
  [
    "another log's keys",
    'wrong_key',
    (log) => {
      cpSync(join(other.place.data, 'keys'), join(log.data, 'keys'), { recursive: true });
      return [];
    },
  ],
  [
    "another log's time key alone",
    'wrong_key',
    (log) => {
      cpSync(join(other.place.data, 'keys/time.key'), join(log.data, 'keys/time.key'));
      return [];
    },
  ],
  ['another origin than the operator expects', 'wrong_origin', () => ['--origin', 'other.example.org']],
  [
    "another log's anchor",
    'anchor_foreign',
    (log) => {
      cpSync(other.place.anchor, log.anchor);
      return [];
    },
  ],
  [
    'an anchor of which nothing can be read',
    'anchor_foreign',
    (log) => {
      writeFileSync(log.anchor, 'x'.repeat(1024));
      return [];
    },
  ],
  ['a stated head that is not the stored one', 'rolled_back', () => ['--accept-head', `1:${'0'.repeat(64)}`]],
  [
    'a leaf hash that does not fit the head',
    'corrupt',
    (log) => {
      tamper(log, 'UPDATE entries SET leaf_hash = zeroblob(32) WHERE idx = 300');
      return [];
    },
  ],
  [
    'a recent leaf that does not give its hash',
    'corrupt',
    (log) => {
      tamper(log, "UPDATE entries SET leaf = CAST(replace(leaf, '0.0.2', '0.0.3') AS BLOB) WHERE idx = 299");
      return [];
    },
  ],
  [
    'a tile that does not fit the head',
    'corrupt',
    (log) => {
      tamper(log, 'UPDATE tiles SET root = zeroblob(32)');
      return [];
    },
  ],
  [
    'a missing entry',
    'corrupt',
    (log) => {
      tamper(log, 'DELETE FROM entries WHERE idx = 299');
      return [];
    },
  ],
  [
    'an entry beyond the head',
    'corrupt',
    (log) => {
      tamper(log, 'INSERT INTO entries SELECT idx + 1, leaf_hash, leaf FROM entries ORDER BY idx DESC LIMIT 1');
      return [];
    },
  ],
  [
    'a head of an earlier size',
    'corrupt',
    (log) => {
      tamper(
        log,
        'UPDATE head SET (size, root, time, note) = (SELECT size, root, time, note FROM checkpoints LIMIT 1)',
      );
      return [];
    },
  ],
  [
    "a head whose note is another size's",
    'corrupt',
    (log) => {
      tamper(log, 'UPDATE head SET note = (SELECT note FROM checkpoints LIMIT 1)');
      return [];
    },
  ],
  [
    'a head that nobody has signed',
    'corrupt',
    (log) => {
      tamper(log, "UPDATE head SET note = substr(note, 1, instr(note, '— ') + 120) || char(10)");
      return [];
    },
  ],
  [
    'a newer schema',
    'schema_unknown',
    (log) => {
      tamper(
        log,
        "INSERT INTO migrations SELECT id + 1, 'later', sha256, applied_at FROM migrations ORDER BY id DESC LIMIT 1",
      );
      return [];
    },
  ],
  [
    'a migration that was edited',
    'schema_unknown',
    (log) => {
      tamper(log, 'UPDATE migrations SET sha256 = zeroblob(32) WHERE id = 1');
      return [];
    },
  ],
  ['an address beyond loopback without admission', 'admission_missing', () => ['--host', '0.0.0.0']],
  [
    'keys that others can read',
    'config_invalid',
    (log) => {
      chmodSync(join(log.data, 'keys/checkpoint.key'), 0o644);
      return [];
    },
  ],
  [
    'a missing key',
    'config_invalid',
    (log) => {
      rmSync(join(log.data, 'keys/statement.key'));
      return [];
    },
  ],
  [
    'a missing log.db',
    'log_missing',
    (log) => {
      rmSync(join(log.data, 'log.db'));
      return [];
    },
  ],
  [
    'an empty log.db',
    'log_missing',
    (log) => {
      truncateSync(join(log.data, 'log.db'));
      return [];
    },
  ],
  [
    'a log.db cut in half',
    'corrupt',
    (log) => {
      const file = join(log.data, 'log.db');
      truncateSync(file, Math.floor(readFileSync(file).length / 2));
      return [];
    },
  ],
  [
    'a log.db of zeros',
    'corrupt',
    (log) => {
      const file = join(log.data, 'log.db');
      writeFileSync(file, Buffer.alloc(readFileSync(file).length));
      return [];
    },
  ],
];

describe('a server refuses to start', () => {
  it.each(REFUSALS)('with %s: %s', async (_, code, prepare) => {
    const log = copy();
    const { errorCode, code: exit, stderr } = await refusal(log, { flags: prepare(log) });
    expect([errorCode, exit], stderr).toEqual([code, 78]);
    expect(stderr).toMatch(/^countersign: /);
  });

  it('on a database older than its anchor', async () => {
    const log = copy();
    const server = await start(log, plain);
    await new Http(server.url).log(signedArtifact());
    await server.process.stop();
    rmSync(log.data, { recursive: true });
    cpSync(template.place.data, log.data, { recursive: true });
    expect(await refusal(log, plain)).toMatchObject({ errorCode: 'rolled_back', code: 78 });
  });

  it('on another history of the same size than the anchor knows', async () => {
    const [log, fork] = [copy(), copy()];
    for (const branch of [log, fork]) {
      const server = await start(branch, plain);
      await new Http(server.url).log(signedArtifact());
      await server.process.stop();
    }
    expect(await refusal({ data: fork.data, anchor: log.anchor }, plain)).toMatchObject({
      errorCode: 'rolled_back',
      code: 78,
    });
  });

  it('beside a server on the same directory, which goes on', async () => {
    const log = copy();
    const server = await start(log, plain);
    expect(await refusal(log, plain)).toMatchObject({ errorCode: 'already_running', code: 78 });
    expect((await new Http(server.url).log(signedArtifact())).index).toBe(template.head.size);
  });

  it('on a log whose directory is not there, and makes none', async () => {
    const log = place();
    expect(await refusal(log, plain)).toMatchObject({ errorCode: 'log_missing', code: 78 });
    expect(existsSync(log.data)).toBe(false);
  });

  it('to create a log over another', async () => {
    const log = copy();
    const { code } = await run('init', '--data', log.data, '--anchor', log.anchor, '--origin', 'new.example.org');
    expect(code).toBe(78);
    expect((await start(log, plain)).size).toBe(template.head.size);
  });
});

describe('a log without its anchor', () => {
  it('serves reads, refuses writes, and says how to go on', async () => {
    const log = copy();
    rmSync(log.anchor);
    const server = await start(log, plain);
    const http = new Http(server.url);
    expect(server.readsOnly).toBe(true);
    expect((await http.get('/v1/entries/1')).status).toBe(200);
    const bySubject = `/v1/entries?subject=sha256:${template.subject.digest}`;
    await eventually(
      () => http.get(bySubject),
      ({ status }) => status === 200,
    );
    expect(problemOf(await http.submit(signedArtifact()))).toMatchObject({ status: 503, code: 'reads_only' });
    expect(server.process.stderr).toMatch(/--accept-head/);
    expect((await server.process.stop()).code).toBe(0);
    expect(existsSync(log.anchor)).toBe(false);
  });

  it('never stamps its head again, which a log with an anchor does at once where the stamp is old', async () => {
    const [path, copied] = [folderOfTest(), place()];
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    await (await createInlineLog({ folder: path })).close();
    vi.useRealTimers();
    const log = { data: join(path, 'data'), anchor: join(path, 'anchor') };
    copyOf(log, copied);
    rmSync(copied.anchor);

    const noteOf = async (url: string) => (await new Http(url).get('/checkpoint')).body.toString();
    const readsOnly = await start(copied, plain);
    const old = await noteOf(readsOnly.url);
    const { url } = await start(log, plain); // later, so that its stamp shows that the other has had its time
    await eventually(
      () => noteOf(url),
      (note) => note !== old,
    );
    expect(await noteOf(readsOnly.url)).toBe(old);
  });

  it('writes again once the operator has stated the head, and needs that once', async () => {
    const log = copy();
    rmSync(log.anchor);
    const { size, rootHash } = template.head;
    let server = await start(log, { flags: ['--accept-head', `${size}:${rootHash}`] });
    expect((await new Http(server.url).log(signedArtifact())).index).toBe(size);
    await server.process.stop();
    server = await start(log, plain);
    expect((await new Http(server.url).log(signedArtifact())).index).toBe(size + 1);
  });

  it('only warns where it is a development log', async () => {
    const log = place();
    await (await start(log)).process.stop();
    rmSync(log.anchor);
    const server = await start(log);
    expect(server.process.stderr).toMatch(/there was no anchor/);
    expect((await new Http(server.url).log(signedArtifact())).index).toBe(1);
  });

  it('is brought up to date where the database is ahead of it', async () => {
    const log = copy();
    const server = await start(log, plain);
    await new Http(server.url).log(signedArtifact());
    await server.process.stop();
    const newest = readFileSync(log.anchor);
    cpSync(template.place.anchor, log.anchor);
    await (await start(log, plain)).process.stop();
    // The restored database must be refused from now on.
    expect(readFileSync(log.anchor)).not.toEqual(readFileSync(template.place.anchor));
    expect(newest).not.toEqual(readFileSync(template.place.anchor));
    rmSync(log.data, { recursive: true });
    cpSync(template.place.data, log.data, { recursive: true });
    expect(await refusal(log, plain)).toMatchObject({ errorCode: 'rolled_back' });
  });
});

describe('damage that a start does not look for', () => {
  it('is an error where it is read, and nothing else is', async () => {
    const log = copy();
    tamper(
      log,
      "UPDATE entries SET leaf = CAST(replace(leaf, '0.0.2', '0.0.3') AS BLOB) WHERE idx = 3; " +
        `UPDATE payloads SET bytes = CAST('{}' AS BLOB) WHERE idx = ${template.subject.index}`,
    );
    const server = await start(log, plain);
    const http = new Http(server.url);
    for (const path of ['/v1/entries/3', '/tile/entries/000', `/v1/entries/${template.subject.index}/payload`]) {
      expect(problemOf(await http.get(path)), path).toMatchObject({ status: 500, code: 'corrupt' });
    }
    expect((await http.get('/v1/entries/4')).status).toBe(200);
    const { code, stdout } = await run('fsck', '--data', log.data);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(new RegExp(`entry 3: .*\n(.*\n)*.*payload ${template.subject.index}`)),
    ]);
  });

  it('is named where the index has to be built from it, and the log does not go on without', async () => {
    const log = copy();
    tamper(log, "UPDATE entries SET leaf = CAST(replace(leaf, '0.0.2', '0.0.3') AS BLOB) WHERE idx = 3");
    rmSync(join(log.data, 'index.db'));
    const { exited } = launch(log, plain);
    expect(await exited).toMatchObject({ code: 70, stderr: expect.stringMatching(/entry 3 is damaged/) });
  });

  it('of a tile is found where a proof needs it', async () => {
    const log = copy();
    tamper(log, 'UPDATE tiles SET hashes = zeroblob(8192)');
    const http = new Http((await start(log, plain)).url);
    for (const path of ['/tile/0/000', '/v1/proofs/inclusion?index=2']) {
      expect(problemOf(await http.get(path)), path).toMatchObject({ status: 500, code: 'corrupt' });
    }
    expect((await http.get('/v1/proofs/inclusion?index=299')).status).toBe(200);
  });
});
