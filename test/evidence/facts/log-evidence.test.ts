import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { pae } from '../../../src/entry/leaf/dsse.ts';
import type { EvidenceSource } from '../../../src/evidence/facts/evidence-source.ts';
import { LogEvidence } from '../../../src/evidence/facts/log-evidence.ts';
import { envelope, IN_TOTO } from '../../fixtures/make.ts';
import {
  ARTIFACT,
  githubProvenance,
  npmProvenance,
  REPOSITORY,
  sourceProvenance,
  spdx,
  tagProvenance,
} from '../../fixtures/predicates.ts';
import { build, type EvidenceLog, evidenceLog, ISSUER, impostor, longLived, WORKFLOW } from '../evidence-log.ts';

let made: EvidenceLog;
beforeEach(async () => {
  made = await evidenceLog();
});
afterEach(() => made.log.close());

/** Another type of the same form. */
const V1_DRAFT = 'https://slsa.dev/provenance/v1.0?draft';
const about = { kind: 'subject', value: `sha256:${ARTIFACT}` } as const;
const indexes = async (source: EvidenceSource, limit = 10) =>
  (await source.find(about, limit)).map(({ index }) => index);
type LogLike = ConstructorParameters<typeof LogEvidence>[0];

/** The log, with something else about its reader. */
function logWith(changed: Partial<LogLike['reader']>): LogLike {
  const { identity, certificates, reader } = made.log;
  return {
    identity,
    certificates,
    head: () => made.log.head(),
    reader: {
      entry: (index) => reader.entry(index),
      find: (query, options) => reader.find(query, options),
      checkpointCovering: (index) => reader.checkpointCovering(index),
      inclusionProof: (index, size) => reader.inclusionProof(index, size),
      ...changed,
    },
  };
}

/** The log, with every payload erased that a look-up finds. */
function logThatErases(erased: () => boolean): LogLike {
  return logWith({
    find(query, options) {
      const page = made.log.reader.find(query, options);
      if (!erased()) return page;
      const payload = { status: 'erased', erasedAt: 9, sha256: new Uint8Array(32), reason: 'a test', time: 1 } as const;
      return { ...page, entries: page.entries.map((entry) => ({ ...entry, payload })) };
    },
  });
}

const attested = (n: number) => ({ ...githubProvenance, predicate: { ...githubProvenance.predicate, n } });

describe('evidence from a log', () => {
  it('says who signed, what it claims, and when the log had it', async () => {
    const by = build();
    const index = await made.state(githubProvenance, by);
    const [found, ...others] = await made.evidence.now().find(about, 10);
    const { leafHash, payload } = made.log.reader.entry(index);
    expect(others).toEqual([]);
    expect(found).toEqual({
      index,
      leafHash: toHex(leafHash),
      countsFrom: index,
      loggedAt: made.log.reader.checkpointCovering(index).time,
      credentials: [
        {
          key: toHex(sha256(by.key.spki)),
          eventId: expect.stringMatching(/^[0-9a-f]{64}$/),
          kind: 'certificate',
          chain: 'trusted',
          names: [WORKFLOW],
          issuer: ISSUER,
          facts: by.certificate.facts,
          lifetime: 600,
        },
      ],
      payload: 'stored',
      payloadSha256: 'sha256' in payload ? toHex(payload.sha256) : '',
      predicateType: 'https://slsa.dev/provenance/v1',
      subjects: [{ name: 'api.tgz', digests: new Map([['sha256', ARTIFACT]]) }],
      claim: expect.objectContaining({ kind: 'provenance', repository: REPOSITORY }),
      mismatches: [],
    });
  });

  it('of an untrusted certificate, and of a bare key, is marked unverified', async () => {
    await made.state(attested(1), impostor());
    await made.state(attested(2), longLived);
    const found = await made.evidence.now().find(about, 10);
    const credentials = found.flatMap((one) => one.credentials);
    expect(credentials.map(({ kind, chain, names, lifetime }) => [kind, chain, names.length, lifetime])).toEqual([
      ['certificate', 'unverified', 1, 600],
      ['key', 'unverified', 0, undefined],
    ]);
  });

  it('of a bare signature is about the signed digest alone', async () => {
    const index = await made.sign(utf8('app'), build());
    const digest = toHex(sha256(utf8('app')));
    const [found] = await made.evidence.now().find({ kind: 'subject', value: `sha256:${digest}` }, 10);
    expect(found).toMatchObject({
      index,
      payload: 'absent',
      claim: undefined,
      subjects: [{ name: undefined, digests: new Map([['sha256', digest]]) }],
    });
  });

  it('is complete up to its size, oldest first, and knows nothing of what came later', async () => {
    const first = [await made.state(attested(1), build()), await made.state(attested(2), longLived)];
    const early = made.evidence.now();
    const later = await made.state(attested(3), longLived);
    expect(await indexes(early)).toEqual(first);
    expect(await indexes(made.evidence.now())).toEqual([...first, later]);
    expect(await indexes(made.evidence.at(early.treeSize))).toEqual(first);
    const { origin, treeSize, rootHash } = made.evidence.at(early.treeSize);
    expect({ origin, treeSize, rootHash }).toEqual({
      origin: early.origin,
      treeSize: early.treeSize,
      rootHash: early.rootHash,
    });
    expect(() => made.evidence.at(99)).toThrow(expect.objectContaining({ code: 'not_yet_published' }));
  });

  it('is all that there is, or an error', async () => {
    for (const n of [1, 2, 3]) await made.state(attested(n), longLived);
    const source = made.evidence.now();
    expect(await indexes(source, 3)).toHaveLength(3);
    await expect(source.find(about, 2)).rejects.toThrow(expect.objectContaining({ code: 'limit_exceeded' }));
  });

  it('is given newest first where only some is wanted', async () => {
    const logged = [];
    for (const n of [1, 2, 3]) logged.push(await made.state(attested(n), longLived));
    const newest = await made.evidence.now().newest(about, 2);
    expect(newest.map(({ index }) => index)).toEqual(logged.slice(1).reverse());
  });

  it('is gathered from as many pages as it takes', async () => {
    const logged = [];
    for (const n of [1, 2, 3, 4, 5]) logged.push(await made.state(attested(n), longLived));
    const inPairs: LogLike['reader']['find'] = (query, options) =>
      made.log.reader.find(query, { ...options, limit: Math.min(options.limit, 2) });
    const source = new LogEvidence(logWith({ find: inPairs })).now();
    expect(await indexes(source)).toEqual(logged);
    const newest = await source.newest(about, 3);
    expect(newest.map(({ index }) => index)).toEqual(logged.slice(2).reverse());
  });

  it('is narrowed to what is below an index', async () => {
    const logged = [];
    for (const n of [1, 2, 3]) logged.push(await made.state(attested(n), longLived));
    const found = await made.evidence.now().newest(about, 10, { before: logged[2]! });
    expect(found.map(({ index }) => index)).toEqual([logged[1], logged[0]]);
  });

  it.each([
    ['a rare type among the entries of a busy repository', 70, 1],
    ['a type as common as the repository', 70, 70],
  ])('is narrowed to %s', async (_, common, rare) => {
    const other = 'https://example.com/other/v1';
    const statements = [
      ...Array.from({ length: common }, (__, n) => ({ ...githubProvenance, predicateType: V1_DRAFT, n })),
      ...Array.from({ length: rare }, (__, n) => ({ ...attested(n), predicateType: other })),
    ];
    for (const one of statements) await made.state(one, longLived);
    const tag = await made.state(tagProvenance, longLived);
    const repository = { kind: 'repository', value: REPOSITORY } as const;
    const { predicateType } = tagProvenance;
    const source = made.evidence.now();
    expect((await source.newest(repository, 5, { predicateType })).map(({ index }) => index)).toEqual([tag]);
    expect(await source.newest(repository, 200, { predicateType: V1_DRAFT })).toHaveLength(common);
    expect(await source.newest(repository, 200, { predicateType: other })).toHaveLength(0);
  });

  it('is found by every kind of term', async () => {
    const by = build();
    const index = await made.state(npmProvenance, by);
    const { leafHash } = made.log.reader.entry(index);
    const terms = [
      ['leaf', toHex(leafHash)],
      ['signer', toHex(sha256(by.key.spki))],
      ['identity', WORKFLOW],
      ['issuer', ISSUER],
      ['fact', `sourceRepositoryURI=${REPOSITORY}`],
      ['repository', REPOSITORY],
      ['package', 'pkg:npm/%40acme/api'],
    ] as const;
    for (const [kind, value] of terms) {
      const found = await made.evidence.now().find({ kind, value }, 10);
      expect(
        found.map((one) => one.index),
        kind,
      ).toEqual([index]);
    }
  });
});

describe('a payload that arrives later', () => {
  it('counts from the statement that logged it, whatever was asked before', async () => {
    const signed = envelope(JSON.stringify(githubProvenance), [longLived]);
    const message = pae(IN_TOTO, utf8(JSON.stringify(githubProvenance)));
    const signature = signed.signatures[0]!.sig;
    const artifact = { sha256: toHex(sha256(message)) };
    const publicKey = longLived.pem;
    const { index } = await made.log.add({ artifact, signature, publicKey });
    const before = made.evidence.now();
    const digest = { kind: 'subject', value: `sha256:${artifact.sha256}` } as const;
    expect(await before.find(digest, 10)).toMatchObject([{ index, claim: undefined, countsFrom: index }]);
    expect((await made.log.add({ envelope: signed, publicKey })).index).toBe(index);
    const timed: LogLike['reader']['checkpointCovering'] = (at) => ({
      ...made.log.reader.checkpointCovering(at),
      time: 1_000 + at,
    });
    const after = new LogEvidence(logWith({ checkpointCovering: timed })).now();
    const countsFrom = after.treeSize - 1;
    const loggedAt = 1_000 + countsFrom;
    const attached = { index, countsFrom, loggedAt, payload: 'attached', claim: { kind: 'provenance' } };
    expect(await after.find(digest, 10)).toMatchObject([attached]);
    expect(await after.find(about, 10)).toMatchObject([attached]);
    expect(await before.find(digest, 10)).toMatchObject([{ index, claim: undefined, payload: 'absent' }]);
    expect(await before.find(about, 10)).toEqual([]);
  });
});

describe('evidence that is kept', () => {
  it('is the same object until its entry changes, and claims nothing once the payload is erased', async () => {
    const index = await made.state(spdx, longLived);
    let erased = false;
    const evidence = new LogEvidence(logThatErases(() => erased));
    const [first] = await evidence.now().find(about, 1);
    const [again] = await evidence.now().find(about, 1);
    expect(again).toBe(first);
    expect(first).toEqual((await made.evidence.now().find(about, 1))[0]);
    erased = true;
    const [gone] = await evidence.now().find(about, 1);
    expect(gone).toMatchObject({ index, payload: 'erased', predicateType: undefined, claim: undefined, subjects: [] });
  });

  it('is forgotten, oldest use first, beyond its capacity', async () => {
    const { EvidenceCache } = await import('../../../src/evidence/facts/evidence-cache.ts');
    const entries = [];
    for (const n of [1, 2, 3]) entries.push(made.log.reader.entry(await made.state(attested(n), longLived)));
    const [a, b, c] = entries as [(typeof entries)[0], (typeof entries)[0], (typeof entries)[0]];
    const source = await made.evidence.now().find(about, 3);
    const size = (entry: typeof a) => entry.leaf.length + ('bytes' in entry.payload ? entry.payload.bytes.length : 0);
    const cache = new EvidenceCache(size(a) + size(b) + size(c) - 1);
    cache.set(a, source[0]!);
    cache.set(b, source[1]!);
    cache.get(a);
    cache.set(c, source[2]!);
    expect([cache.get(a), cache.get(b), cache.get(c)]).toEqual([source[0], undefined, source[2]]);
  });
});

describe('sources and statements of the log itself', () => {
  it('are evidence too', async () => {
    const [genesis] = await made.evidence
      .now()
      .find({ kind: 'predicateType', value: 'urn:countersign:statement:genesis:v1' }, 2);
    expect(genesis).toMatchObject({ index: 0, claim: { kind: 'other', fault: undefined } });
    await made.state(sourceProvenance, longLived);
    const [source] = await made.evidence.now().find({ kind: 'repository', value: REPOSITORY }, 2);
    expect(source).toMatchObject({ claim: { kind: 'source', actor: 'alice' } });
  });
});
