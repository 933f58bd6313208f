/** What built an artifact: builder, runner, and the credentials that signed for the build. */
import type { Credential, Evidence } from '../facts/evidence.ts';
import { buildAnswer, isOfBuild, statementBy } from './build-answer.ts';
import { type Answer, Findings, worst } from './findings.ts';

export interface RunnerAnswers {
  readonly status: Answer['status'];
  readonly builder: Answer;
  /** `github-hosted`, `self-hosted`, … */
  readonly environment: Answer;
  /** Deployment environment, which may have asked somebody for approval. */
  readonly deployment: Answer;
  /** Levels of summaries about the artifact that passed, those of the source track apart. */
  readonly levels: Answer;
  readonly signers: readonly ExplainedSigner[];
}

export interface ExplainedSigner {
  readonly index: number;
  /** Hex SHA-256 of the SPKI. */
  readonly key: string;
  readonly chain: Credential['chain'];
  /** What the certificate says; whether it is so, `chain` says. Empty for bare keys. */
  readonly names: readonly string[];
  readonly issuer: string | undefined;
  /** Seconds; undefined for bare keys. */
  readonly lifetime: number | undefined;
  /** Unknown where nobody vouches for the certificate: its maker can make another one at any time. */
  readonly credential: 'ephemeral' | 'long-lived' | 'unknown';
}

/** Longest life of a certificate that is called ephemeral, seconds. Fulcio's live ten minutes. */
const EPHEMERAL = 3600;

export function runnerOf(about: readonly Evidence[]): RunnerAnswers {
  const builder = new Findings();
  const levels = new Findings();
  for (const one of about) {
    if (one.claim?.kind === 'provenance') builder.add(one.claim.builder, statementBy(one));
    if (one.claim?.kind === 'summary' && one.claim.passed) {
      for (const level of one.claim.levels) if (!isOfSource(level)) levels.add(level, statementBy(one));
    }
  }
  const answers = {
    builder: builder.answer({ several: false }),
    environment: buildAnswer(about, 'runner'),
    deployment: buildAnswer(about, 'environment'),
    levels: levels.answer({ several: true }),
  };
  return {
    status: worst(answers.builder, answers.environment),
    ...answers,
    signers: about.filter(isOfBuild).flatMap(({ index, credentials }) => credentials.map((one) => signer(index, one))),
  };
}

/** SLSA 1.2, source track: such levels are a commit's, and part of who changed it. */
function isOfSource(level: string): boolean {
  return /^(SLSA|ORG)_SOURCE_/.test(level);
}

function signer(index: number, { key, kind, chain, names, issuer, lifetime }: Credential): ExplainedSigner {
  return { index, key, chain, names, issuer, lifetime, credential: credentialKind(kind, chain, lifetime) };
}

function credentialKind(
  kind: Credential['kind'],
  chain: Credential['chain'],
  lifetime: number | undefined,
): ExplainedSigner['credential'] {
  if (kind === 'key') return 'long-lived';
  if (chain !== 'trusted' || lifetime === undefined) return 'unknown';
  return lifetime <= EPHEMERAL ? 'ephemeral' : 'long-lived';
}
