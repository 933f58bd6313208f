/** Every real attestation, logged, and what the log then knows about its artifacts. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseStrictJson } from '../../src/entry/encoding/strict-json.ts';
import { normalDigest } from '../../src/entry/predicate/dependency.ts';
import type { TrustedCertificates } from '../../src/entry/trust/chain-trust.ts';
import { readTrustedRoot } from '../../src/entry/trust/trusted-root.ts';
import type { Evidence } from '../../src/evidence/facts/evidence.ts';
import { LogEvidence } from '../../src/evidence/facts/log-evidence.ts';
import { SignerRegister } from '../../src/evidence/facts/signer-register.ts';
import { artifactEvidence } from '../../src/evidence/gate/artifact-evidence.ts';
import { decide } from '../../src/evidence/gate/decide.ts';
import { type Explanation, explain } from '../../src/evidence/gate/explain.ts';
import { artifactsOf, historyOf, releaseTerm } from '../../src/evidence/gate/releases.ts';
import { policyFromHistory } from '../../src/evidence/policy/from-history.ts';
import { readPolicy } from '../../src/evidence/policy/policy.ts';
import type { Standing } from '../../src/evidence/revocation/standing.ts';
import { asSubmission, realRecords } from '../entry/real-records.ts';
import { envelope, testKey } from '../fixtures/make.ts';
import { createInlineLog, type InlineLog } from '../inline-log.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';

const root = shared('real');
if (root === undefined) console.warn(`skipped: ${SHARED_ABSENT}`);

/** Those of the shared records that were released or built more than by way of an example. */
const PACKAGES = [
  'pkg:npm/sigstore',
  'pkg:npm/%40laurentsimon/provenance-npm-test',
  'pkg:npm/%40trishankatdatadog/supreme-goggles',
  'pkg:npm/gundam-visor',
  'pkg:pypi/pypi-attestations',
  'pkg:pypi/pypi-attestation-models',
  'pkg:pypi/rfc8785',
  'pkg:pypi/spt3g',
  'https://github.com/aspect-build/rules_lint',
  'https://github.com/asraa/slsa-on-github-test',
  'https://github.com/malancas/attest-demo',
];

const NOTHING_REVOKED: Standing = {
  feedSize: 0,
  feedRoot: '',
  ofEvidence: () => [],
  ofArtifact: () => [],
  taints: () => ({ terms: [], since: Number.POSITIVE_INFINITY }),
  ofPipeline: () => [],
  exceptions: () => [],
};

interface StatementJson {
  _type: string;
  predicateType?: string;
  predicate?: unknown;
  subject?: { digest?: unknown }[];
}

/** A statement that was logged, and as which entry. */
interface Logged {
  file: string;
  statement: StatementJson;
  index: number;
}

describe.skipIf(root === undefined)('real attestations', () => {
  const key = testKey('p256');
  let log: InlineLog;
  let logged: Logged[];
  const explanations = new Map<number, { explanation: Explanation; about: readonly Evidence[] }>();

  beforeAll(async () => {
    const certificates = { trusted: publicInstance(root!), accept: 'any' as const, identities: [] };
    log = await createInlineLog({ certificates });
    logged = [];
    for (const { file, submission, statement } of statementsOf(root!)) {
      // Whatever cannot be logged as it is (unsigned, altered, in Google's wrapper) is logged under another key.
      const own = { envelope: envelope(JSON.stringify(statement), [key]), publicKey: key.pem };
      const receipt = await log.add(submission ?? own).catch(() => log.add(own));
      logged.push({ file, statement, index: receipt.index });
    }
    const evidence = new LogEvidence(log);
    for (const { statement, index } of logged) {
      const digests = digestsOf(statement);
      if (digests.size === 0) continue;
      const found = await artifactEvidence(evidence.now(), digests);
      explanations.set(index, { explanation: explain(found), about: found.about });
    }
  }, 120_000);

  afterAll(() => log?.close());

  const provenance = () =>
    logged.filter(({ statement }) => /provenance/i.test(statement.predicateType ?? '') && hasBuilder(statement));

  it('A3: are all explained, each by its own entry among others', () => {
    const lost = logged.filter(({ statement, index }) => {
      if (digestsOf(statement).size === 0) return false;
      return !explanations.get(index)!.about.some((one) => one.index === index);
    });
    expect(lost.map(({ file }) => file)).toEqual([]);
    expect(logged.length).toBeGreaterThan(500);
    expect(provenance().length).toBeGreaterThan(200);
  });

  it('A3: say who built, from which repository and commit, wherever they state it', () => {
    const wrong: string[] = [];
    for (const { file, statement, index } of provenance()) {
      const found = explanations.get(index)!.explanation;
      const values = (answer: Explanation['origin']['commit']) => answer.findings.map(({ value }) => value);
      if (!values(found.runner.builder).includes(builderOf(statement)!)) wrong.push(`${file}: builder`);
      const revisions = revisionsIn(statement.predicate);
      if (revisions.length === 0) continue;
      const commits = values(found.origin.commit);
      const repositories = values(found.origin.repository);
      const right = revisions.some(
        ({ uri, commit }) => commits.includes(commit) && repositories.some((one) => uri.includes(one)),
      );
      if (!right) wrong.push(`${file}: ${repositories} at ${commits}`);
    }
    // Written so that what is to be built and what was taken in are two repositories: nobody can say the commit.
    expect(wrong.filter((one) => !one.includes('/gcb-prod-prov-wrong at '))).toEqual([]);
  });

  it('A3: name the entry of the log for every value that they give, and the runner where a trusted certificate says it', () => {
    const certified = provenance().filter(({ index }) =>
      explanations
        .get(index)!
        .about.some((one) =>
          one.credentials.some(({ chain, facts }) => chain === 'trusted' && facts.runnerEnvironment),
        ),
    );
    for (const { file, index } of certified) {
      const { runner, dependencies } = explanations.get(index)!.explanation;
      expect(
        runner.environment.findings.map(({ value }) => value),
        file,
      ).toContain('github-hosted');
      const found = [...runner.environment.findings, ...runner.builder.findings, ...dependencies.items];
      expect(
        found.every(({ support }) => support.length > 0 && support.every((one) => one.index < log.head().size)),
        file,
      ).toBe(true);
    }
    expect(certified.length).toBeGreaterThan(50);
  });

  it('contradict their certificates only where somebody signed what another build says', () => {
    const own = ({ index }: Logged) => explanations.get(index)?.about.find((one) => one.index === index);
    const files = new Set(logged.filter((one) => own(one)?.mismatches.length).map(({ file }) => file));
    expect(files.size).toBeGreaterThan(0);
    const signedByOthers = ['dsse-mismatch-sig_fail', 'happy-path-intoto-in-dsse-v3'];
    expect([...files].filter((file) => !signedByOthers.some((one) => file.includes(one)))).toEqual([]);
  });

  it('A10: commits of source-tool pass at level 3 where a trusted verifier says so, and no others', async () => {
    const levelsOf = new Map<string, Set<number>>();
    for (const { statement, index } of logged) {
      const { commit, level } = sourceLevelOf(statement) ?? {};
      if (commit === undefined) continue;
      const levels = levelsOf.get(commit) ?? new Set();
      levelsOf.set(commit, levels);
      const own = explanations.get(index)?.about.find((one) => one.index === index);
      if (own?.credentials.some(({ chain }) => chain === 'trusted')) levels.add(level!);
    }
    const policy = await readPolicy(
      `policy: a\nversion: 1\ntrust: {verifiers: [{id: "**", signer: {issuer: ${GITHUB}, san: "**"}}]}\nrequire: {source: {level: 3}}\n`,
    );
    const source = new LogEvidence(log).now();
    const counts = { allowed: 0, denied: 0 };
    for (const [commit, levels] of levelsOf) {
      const artifact = { name: undefined, digests: new Map([['gitCommit', commit]]) };
      const decision = await decide(source, NOTHING_REVOKED, policy, { artifact, phase: 'source', now: source.time });
      const reaches = [...levels].some((level) => level >= 3);
      expect([commit, decision.decision]).toEqual([commit, reaches ? 'ALLOW' : 'DENY']);
      counts[reaches ? 'allowed' : 'denied']++;
    }
    expect(counts.allowed).toBeGreaterThan(20);
    expect(counts.denied).toBeGreaterThan(10);
  });

  it('B10: builds that sign in a reusable workflow are told from those that sign themselves', async () => {
    const policy = await readPolicy(
      `policy: a\nversion: 1\ntrust: {builders: [{id: "**", level: 3, signer: {issuer: ${GITHUB}, san: "**"}}]}\nrequire: {provenance: {separation: [signer!=buildConfig]}}\n`,
    );
    const source = new LogEvidence(log).now();
    const counts = { apart: 0, together: 0 };
    for (const { file, statement, index } of provenance()) {
      // One build only, so that it is this one which is judged.
      const builds = explanations.get(index)!.about.filter(({ claim }) => claim?.kind === 'provenance');
      const [credential] = builds[0]!.credentials;
      const { buildSignerURI, buildConfigURI } = credential!.facts;
      if (builds.length > 1 || credential!.chain !== 'trusted' || buildConfigURI === undefined) continue;
      const artifact = { name: undefined, digests: digestsOf(statement) };
      const decision = await decide(source, NOTHING_REVOKED, policy, { artifact, phase: 'deploy', now: source.time });
      const isApart = buildSignerURI !== buildConfigURI;
      const { outcome } = decision.results.find(({ rule }) => rule === 'separation.build-config')!;
      expect([file, outcome]).toEqual([file, isApart ? 'pass' : 'fail']);
      counts[isApart ? 'apart' : 'together']++;
    }
    expect([counts.apart > 10, counts.together > 0]).toEqual([true, true]);
  });

  it('A15: are by signers who are each listed once, with as many entries as look-ups find', async () => {
    const register = new SignerRegister();
    const { size } = log.head();
    for (let index = 0; index < size; index++) register.add(index, log.reader.entry(index).leaf);
    expect(register.signers.length).toBeGreaterThan(40);
    const source = new LogEvidence(log).now();
    for (const { key, names, issuer, entries } of register.signers) {
      const term =
        key === undefined
          ? ({ kind: 'identity', value: names[0]! } as const)
          : ({ kind: 'signer', value: key } as const);
      const found = (await source.newest(term, 1000)).filter(({ credentials }) =>
        credentials.some((one) =>
          key === undefined
            ? one.issuer === issuer && `${one.names}` === `${names}`
            : one.key === key && one.names.length === 0,
        ),
      );
      expect([key ?? names, found.length]).toEqual([key ?? names, entries]);
    }
  });

  it.each(PACKAGES)('A17: a policy from the history of %s allows that history, in at most 25 lines', async (name) => {
    const source = new LogEvidence(log).now();
    const { artifacts } = await artifactsOf(source, [releaseTerm(name)], 100);
    const { text } = policyFromHistory('acme/api', await historyOf(source, NOTHING_REVOKED, artifacts));
    const policy = await readPolicy(text);
    const refused: unknown[] = [];
    for (const artifact of artifacts) {
      const decision = await decide(source, NOTHING_REVOKED, policy, { artifact, phase: 'deploy', now: source.time });
      if (decision.decision !== 'ALLOW') refused.push(decision.results.filter(({ outcome }) => outcome !== 'pass'));
    }
    expect(refused).toEqual([]);
    expect(artifacts.length).toBeGreaterThan(0);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });

  it('of source-tool say who changed the revision, and at which level', () => {
    const ofSource = logged.filter(({ statement }) => statement.predicateType?.includes('source-provenance'));
    expect(ofSource.length).toBeGreaterThan(100);
    for (const { file, statement, index } of ofSource) {
      const { actor, levels } = explanations.get(index)!.explanation.change;
      const { actor: stated } = statement.predicate as { actor?: string };
      if (stated !== undefined && stated !== '')
        expect(
          actor.findings.map(({ value }) => value),
          file,
        ).toContain(stated);
      expect(
        levels.findings.every(({ value }) => /^[A-Z0-9_]+$/.test(value)),
        file,
      ).toBe(true);
    }
  });
});

/** CAs, timestamp authorities and logs of the public Sigstore instance. */
function publicInstance(folder: string): TrustedCertificates {
  const limits = { depth: 32, members: 10_000, safeIntegers: true };
  const file = readFileSync(`${folder}/root-signing/targets/trusted_root.json`);
  const { certificateAuthorities, timestampAuthorities, tlogs } = readTrustedRoot(parseStrictJson(file, limits));
  return { roots: [], intermediates: [], authorities: certificateAuthorities, timestampAuthorities, logs: tlogs };
}

const GITHUB = 'https://token.actions.githubusercontent.com';

/** Told from the raw JSON: the commit that a summary is about, and the level that it gives it; 0 for none. */
function sourceLevelOf({ predicateType, predicate, subject }: StatementJson) {
  const commit = (subject?.[0]?.digest as Record<string, string> | undefined)?.gitCommit;
  if (commit === undefined || !predicateType?.includes('verification_summary')) return undefined;
  const { verifiedLevels = [], verificationResult } = predicate as {
    verifiedLevels?: string[];
    verificationResult?: string;
  };
  const levels = verifiedLevels.map((level) => Number(/^SLSA_SOURCE_LEVEL_(\d)$/.exec(level)?.[1] ?? 0));
  return { commit, level: verificationResult === 'PASSED' ? Math.max(0, ...levels) : 0 };
}

/** Of the first subject; none where it has no digest set. */
function digestsOf({ subject }: StatementJson): Map<string, string> {
  const digest = subject?.[0]?.digest;
  if (typeof digest !== 'object' || digest === null) return new Map();
  return new Map(Object.entries(digest).map(([name, value]) => [name, normalDigest(value)]));
}

interface Found {
  file: string;
  /** Undefined where the record is not signed, or in a wrapper of its own. */
  submission: unknown;
  statement: StatementJson;
}

/** Every statement among the shared files, signed or not. */
function* statementsOf(folder: string): Generator<Found> {
  for (const { expected, document } of realRecords(folder)) {
    const submission = settle(() => asSubmission(document)) as Record<string, unknown> | undefined;
    const { bundle = submission } = (submission ?? {}) as { bundle?: Record<string, unknown> };
    const signed = (bundle?.envelope ?? bundle?.dsseEnvelope) as { payload?: string } | undefined;
    const statement = signed?.payload === undefined ? document : parsed(signed.payload);
    if (isStatement(statement)) yield { file: expected.file, submission: signed && submission, statement };
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/gcb.*\.json$/.test(name)) continue;
    const wrapper = settle(() => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'))) as GoogleWrapper | undefined;
    for (const { envelope: signed } of wrapper?.provenance_summary?.provenance ?? []) {
      const statement = parsed(signed?.payload ?? '');
      if (isStatement(statement)) yield { file: name, submission: undefined, statement };
    }
  }
}

interface GoogleWrapper {
  provenance_summary?: { provenance?: { envelope?: { payload?: string } }[] };
}

function isStatement(value: unknown): value is StatementJson {
  const type = (value as Partial<StatementJson> | undefined)?._type;
  return type === 'https://in-toto.io/Statement/v1' || type === 'https://in-toto.io/Statement/v0.1';
}

function parsed(payload: string): unknown {
  return settle(() => JSON.parse(Buffer.from(payload, 'base64').toString('utf8')));
}

function settle(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}

interface AnyProvenance {
  builder?: { id?: string };
  runDetails?: { builder?: { id?: string } };
}

/** Told from the raw JSON, so that it does not depend on the readers that are tested. */
function builderOf({ predicate }: StatementJson): string | undefined {
  const { builder, runDetails } = (predicate ?? {}) as AnyProvenance;
  return (runDetails?.builder ?? builder)?.id;
}

function hasBuilder(statement: StatementJson): boolean {
  // A type that is misspelt on purpose is no provenance.
  return (
    builderOf(statement) !== undefined && /^https:\/\/slsa\.dev\/provenance\/v/.test(statement.predicateType ?? '')
  );
}

/** Git repositories with a commit that the predicate names anywhere in the form of a resource. */
function revisionsIn(value: unknown): { uri: string; commit: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const { uri, digest } = value as { uri?: unknown; digest?: Record<string, unknown> };
  const own = [];
  if (typeof uri === 'string' && /^(git\+|https:\/\/github\.com)/.test(uri)) {
    const commit = /\/commit\/([0-9a-f]{40})$/.exec(uri)?.[1] ?? Object.values(digest ?? {}).find(isCommit);
    if (commit !== undefined) own.push({ uri, commit: String(commit).toLowerCase() });
  }
  return [...own, ...Object.values(value).flatMap(revisionsIn)];
}

function isCommit(digest: unknown): boolean {
  return typeof digest === 'string' && /^[0-9a-fA-F]{40}$/.test(digest);
}
