/**
 * What evidence says about an artifact, as answers to four questions: where it came from, who changed it, what went in,
 * and what kind of runner built it. Every answer names the entries that it rests on, and says unknown where there are
 * none. Nothing is judged here: that is for policies.
 */
import type { Evidence, Mismatch } from '../facts/evidence.ts';
import { mismatchesOf } from '../facts/mismatch.ts';
import type { ArtifactEvidence } from './artifact-evidence.ts';
import { type ChangeAnswers, changeOf } from './explain-change.ts';
import { type DependencyAnswers, dependenciesIn } from './explain-dependencies.ts';
import { type OriginAnswers, originOf } from './explain-origin.ts';
import { type RunnerAnswers, runnerOf } from './explain-runner.ts';

/** A question's status: `known` where its leading answers are. */
export interface Explanation {
  readonly origin: OriginAnswers;
  readonly change: ChangeAnswers;
  readonly dependencies: DependencyAnswers;
  readonly runner: RunnerAnswers;
  readonly mismatches: readonly EntryMismatch[];
}

export interface EntryMismatch extends Mismatch {
  readonly index: number;
  /** True where the certificate is trusted: its word is taken. Otherwise it proves nothing, and the statement's is. */
  readonly outranks: boolean;
}

export function explain({ digests, about, source }: ArtifactEvidence): Explanation {
  const revisions = [...source.values()].flat();
  // Of a commit itself, all that is said is said about the source.
  const ofSource = digests.has('gitCommit') ? unique([...about, ...revisions]) : unique(revisions);
  return {
    origin: originOf(about),
    change: changeOf(ofSource),
    dependencies: dependenciesIn(unique([...about, ...revisions]), new Set(source.keys())),
    runner: runnerOf(about),
    mismatches: about.flatMap(mismatchesIn),
  };
}

function mismatchesIn({ index, claim, credentials }: Evidence): EntryMismatch[] {
  return credentials.flatMap((credential) => {
    const outranks = credential.chain === 'trusted';
    return mismatchesOf([credential], claim).map((mismatch) => ({ index, ...mismatch, outranks }));
  });
}

function unique(evidence: readonly Evidence[]): Evidence[] {
  return [...new Map(evidence.map((one) => [one.index, one])).values()];
}
