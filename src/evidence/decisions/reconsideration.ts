/**
 * Earlier decisions that would now differ, on account of what took effect since. Whatever touches nothing of a decision
 * leaves it as it is; what is touched is decided anew, as of now. Derived from the log alone: after a restart the same
 * comes out.
 */
import { setImmediate } from 'node:timers/promises';
import { dependenciesOf } from '../../entry/predicate/claim-terms.ts';
import type { LoggedDecision } from '../../entry/submission/decision-statement.ts';
import type { Evidence } from '../facts/evidence.ts';
import type { EvidenceSource } from '../facts/evidence-source.ts';
import type { LogEvidence } from '../facts/log-evidence.ts';
import { namespacesOf } from '../gate/collect.ts';
import { decideForRecord } from '../gate/decide.ts';
import type { Verdict } from '../policy/decision.ts';
import { refusals } from '../policy/evidence-in-force.ts';
import { type Policy, readPolicy } from '../policy/policy.ts';
import type { LogRevocation } from '../revocation/log-revocation.ts';
import type { Standing } from '../revocation/standing.ts';
import type { DecisionLedger, KnownDecision } from './decision-ledger.ts';

/** An earlier decision, and what the same question comes to now. */
export interface AffectedDecision {
  readonly index: number;
  /** Hex. */
  readonly leafHash: string;
  readonly artifact: KnownDecision['artifact'];
  readonly phase: KnownDecision['phase'];
  readonly policy: { readonly name: string; readonly sha256: string };
  readonly decision: Verdict;
  readonly now: Verdict;
  /** Control statements that made the difference; empty where one was lifted. */
  readonly affectedBy: readonly number[];
  /** Index of the decision that the log logged in its place; undefined where it is yet to be. */
  readonly supersededBy: number | undefined;
}

export interface AffectedDecisions {
  readonly treeSize: number;
  /** Hex. */
  readonly rootHash: string;
  /** Control statements that were in effect. */
  readonly feedSize: number;
  /** False where there are more logged decisions than are looked at. */
  readonly complete: boolean;
  /** Newest first. */
  readonly decisions: readonly AffectedDecision[];
}

/** What the newest decision of a question came to when it was last looked at. */
interface Settled {
  readonly feedSize: number;
  readonly verdict: Verdict;
  readonly affectedBy: readonly number[];
}

/** One pass over all decisions: one tree, one feed. */
interface Pass {
  readonly source: EvidenceSource;
  readonly feedSize: number;
  standing(policy: Policy): Promise<Standing>;
  /** Whether anything is ruled against an entry, or against what went into it, by policy and index. */
  readonly ruled: Map<string, boolean>;
}

/** Decisions that are looked at in one step: others are served in between. */
const STEP = 50;

export class Reconsideration {
  readonly #ledger: DecisionLedger;
  readonly #evidence: LogEvidence;
  readonly #revocation: LogRevocation;
  /** By index of the newest decision of a question. Only `#settle` writes to it. */
  readonly #settled = new Map<number, Settled>();
  /** By hash of their text: compiled once. */
  readonly #policies = new Map<string, Promise<Policy>>();
  /** The pass that is under way: one at a time. */
  #passing: Promise<unknown> = Promise.resolve();

  constructor(ledger: DecisionLedger, evidence: LogEvidence, revocation: LogRevocation) {
    this.#ledger = ledger;
    this.#evidence = evidence;
    this.#revocation = revocation;
  }

  /** As of the published head. @throws LogError index_rebuilding */
  affected(): Promise<AffectedDecisions> {
    return this.#alone(async () => {
      const { source, feedSize } = await this.#pass();
      const decisions = [...this.#ledger.questions.values()].flatMap((asked) => this.#affectedOf(asked));
      return {
        ...{ treeSize: source.treeSize, rootHash: source.rootHash, feedSize, complete: this.#ledger.complete },
        decisions: decisions.sort((a, b) => b.index - a.index),
      };
    });
  }

  /**
   * ALLOW decisions about artifacts with one of these digests, newest first.
   * @param digests `<algorithm>:<digest>`
   * @throws LogError index_rebuilding
   */
  allowing(digests: ReadonlySet<string>, treeSize: number): Promise<readonly KnownDecision[]> {
    return this.#alone(async () => {
      await this.#ledger.read(treeSize);
      const isAbout = ({ artifact }: KnownDecision) =>
        Object.entries(artifact.digests).some(([algorithm, digest]) => digests.has(`${algorithm}:${digest}`));
      return [...this.#ledger.questions.values()]
        .filter(([first]) => isAbout(first!))
        .flatMap((asked) => asked.filter(({ decision, index }) => decision === 'ALLOW' && index < treeSize))
        .sort((a, b) => b.index - a.index);
    });
  }

  /**
   * Decisions to be logged now, each in the place of one that no longer holds. They are reached one by one as they are
   * asked for, so that none is older than the log needs.
   */
  async *due(): AsyncGenerator<LoggedDecision> {
    const differing = await this.#alone(async () => {
      await this.#pass();
      return [...this.#ledger.questions.values()]
        .map((asked) => asked.at(-1)!)
        .filter(({ index, decision }) => this.#settled.get(index)?.verdict !== decision);
    });
    for (const known of differing) {
      const pass = await this.#open();
      const { record } = await this.#decide(known, pass);
      if (record.decision !== known.decision) yield record;
    }
  }

  /** Brings every question up to the newest control statement. */
  async #pass(): Promise<Pass> {
    const pass = await this.#open();
    await this.#ledger.read(pass.source.treeSize);
    let looked = 0;
    for (const asked of this.#ledger.questions.values()) {
      const known = asked.at(-1)!;
      const before = this.#settled.get(known.index);
      if (before !== undefined && before.feedSize === pass.feedSize) continue;
      this.#settled.set(known.index, await this.#settle(known, pass));
      for (const { index } of asked.slice(0, -1)) this.#settled.delete(index);
      if (++looked % STEP === 0) await setImmediate();
    }
    return pass;
  }

  async #settle(known: KnownDecision, pass: Pass): Promise<Settled> {
    const { feedSize } = pass;
    const { decision: verdict, affectedBy } = known;
    if (known.feedSize >= feedSize || !(await this.#mayDiffer(known, pass))) return { feedSize, verdict, affectedBy };
    const { record } = await this.#decide(known, pass);
    return { feedSize, verdict: record.decision, affectedBy: record.affectedBy };
  }

  /**
   * False only where nothing can have changed. What passed falls by a ruling against something that it rests on, or by
   * an exception that ends; what did not pass can only be mended where a ruling, or the want of an exception, stopped it.
   */
  async #mayDiffer(known: KnownDecision, pass: Pass): Promise<boolean> {
    const policy = await this.#policyOf(known);
    const standing = await pass.standing(policy);
    if (known.decision !== 'ALLOW') {
      const granted = namespacesOf(policy.document).some(
        (one) => standing.exceptions(one, pass.source.time).length > 0,
      );
      return granted || known.affectedBy.length > 0;
    }
    const { name, digests } = known.artifact;
    const packages = name?.startsWith('pkg:') ? [name] : [];
    if (known.isExcepted || known.inputs.length === 0) return true;
    // Who ran something tainted stands only as long as those who reinstated him do.
    const { since } = standing.taints();
    const toleratesNone = policy.document.require.dependencies?.tainted === 0;
    if (toleratesNone && known.inputs.some((index) => index >= since)) return true;
    if (refusals(standing.ofArtifact(new Map(Object.entries(digests)), packages)).length > 0) return true;
    const nameOf = (index: number) => `${known.policy.sha256} ${index}`;
    const unknown = known.inputs.filter((index) => !pass.ruled.has(nameOf(index)));
    for (const one of await this.#evidence.ofEntries(unknown))
      pass.ruled.set(nameOf(one.index), isRuled(one, standing));
    return known.inputs.some((index) => pass.ruled.get(nameOf(index)));
  }

  async #decide(known: KnownDecision, { source, standing }: Pass): Promise<{ record: LoggedDecision }> {
    const policy = await this.#policyOf(known);
    const { name, digests } = known.artifact;
    const artifact = { name, digests: new Map(Object.entries(digests)) };
    const question = { artifact, phase: known.phase, now: source.time };
    return decideForRecord(source, await standing(policy), policy, question, known.index);
  }

  async #open(): Promise<Pass> {
    // Evidence first: what is revoked in between counts.
    const source = this.#evidence.now();
    const { feedSize } = await this.#revocation.at(source.treeSize);
    const standings = new Map<string, Promise<Standing>>();
    return {
      ...{ source, feedSize, ruled: new Map() },
      standing: ({ document }) => {
        const follows = namespacesOf(document);
        const name = follows.join('\0');
        const standing = standings.get(name) ?? this.#revocation.at(source.treeSize, { follows });
        standings.set(name, standing);
        return standing;
      },
    };
  }

  #policyOf({ policy: { sha256, source } }: KnownDecision): Promise<Policy> {
    const policy = this.#policies.get(sha256) ?? readPolicy(source);
    this.#policies.set(sha256, policy);
    return policy;
  }

  /**
   * Of one question: the decisions whose verdict was turned. Those that somebody asked for anew afterwards have the
   * verdict that holds, and so have those that the log logged in their place.
   */
  #affectedOf(asked: readonly KnownDecision[]): AffectedDecision[] {
    const newest = asked.at(-1)!;
    const now = this.#settled.get(newest.index);
    if (now === undefined) return [];
    const runStart = asked.findLastIndex(({ decision }) => decision !== newest.decision) + 1;
    const show = (known: KnownDecision, verdict: Verdict, by: readonly number[], flip: number | undefined) => {
      const { index, leafHash, artifact, phase, decision } = known;
      const policy = { name: known.policy.name, sha256: known.policy.sha256 };
      return { index, leafHash, artifact, phase, policy, decision, now: verdict, affectedBy: by, supersededBy: flip };
    };
    if (now.verdict !== newest.decision) {
      return asked.slice(runStart).map((known) => show(known, now.verdict, now.affectedBy, undefined));
    }
    const flip = asked[runStart]!;
    if (flip.supersedes === undefined) return [];
    const turned = asked.slice(0, runStart);
    const turnedStart = turned.findLastIndex(({ decision }) => decision !== turned.at(-1)?.decision) + 1;
    return turned.slice(turnedStart).map((known) => show(known, flip.decision, flip.affectedBy, flip.index));
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#passing.then(work);
    // Whoever asked hears of a failure; the next one tries anew.
    this.#passing = result.catch(() => undefined);
    return result;
  }
}

function isRuled(evidence: Evidence, standing: Standing): boolean {
  if (refusals(standing.ofEvidence(evidence)).length > 0) return true;
  if (evidence.claim === undefined) return false;
  return dependenciesOf(evidence.claim).some(
    ({ digests, uri }) => refusals(standing.ofArtifact(digests, uri?.startsWith('pkg:') ? [uri] : [])).length > 0,
  );
}
