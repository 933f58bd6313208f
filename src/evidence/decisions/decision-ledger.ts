/** The decisions that a log holds of its own gate, kept up with the log. Read from its entries, and from nothing else. */
import { setImmediate } from 'node:timers/promises';
import { toHex } from '../../core/bytes.ts';
import { parsePublicKeyPem } from '../../entry/keys/public-key.ts';
import { parseLeaf } from '../../entry/leaf/leaf.ts';
import { readStatement } from '../../entry/leaf/statement.ts';
import { SUMMARY_PREDICATE } from '../../entry/predicate/verification-summary.ts';
import { type ReadDecision, readDecisionStatement } from '../../entry/submission/decision-statement.ts';
import type { Log, StoredEntry } from '../../log/log.ts';
import { isSignedByLog, readAs } from '../../log/own-statement.ts';

/** A logged decision, as far as it takes to ask again. */
export interface KnownDecision extends Pick<ReadDecision, 'decision' | 'phase' | 'artifact' | 'policy' | 'affectedBy'> {
  readonly index: number;
  /** Hex. */
  readonly leafHash: string;
  /** Control statements that were in effect when it was reached. */
  readonly feedSize: number;
  /** Entries that were judged. */
  readonly inputs: readonly number[];
  /** An exception stood in for something. */
  readonly isExcepted: boolean;
  readonly supersedes: number | undefined;
}

/** Decisions that are kept at most: the newest. A record takes about half a kilobyte. */
const MOST_KEPT = 50_000;
/** Entries that are read in one step: others are served in between. */
const PAGE = 100;

export class DecisionLedger {
  readonly #log: Pick<Log, 'identity' | 'reader'>;
  readonly #most: number;
  readonly #signer: string;
  /** By question, each list ascending by index. Only `read` writes to it. */
  readonly #decisions = new Map<string, KnownDecision[]>();
  /** Questions in the order of their decisions, to forget the oldest by. */
  readonly #order: string[] = [];
  /** Texts of policies by their hash: few, and each is in many decisions. */
  readonly #policies = new Map<string, string>();
  #treeSize = 0;
  #complete = true;

  constructor(log: Pick<Log, 'identity' | 'reader'>, most = MOST_KEPT) {
    this.#log = log;
    this.#most = most;
    this.#signer = toHex(parsePublicKeyPem(log.identity.statementKey).spkiHash);
  }

  /** False where there are more decisions than are kept. */
  get complete(): boolean {
    return this.#complete;
  }

  /** By question: one artifact, one policy, one phase. Each list ascending by index, and never empty. */
  get questions(): ReadonlyMap<string, readonly KnownDecision[]> {
    return this.#decisions;
  }

  /** Reads what was logged since, up to a tree size. One call at a time. @throws LogError index_rebuilding */
  async read(treeSize: number): Promise<void> {
    const found: KnownDecision[] = [];
    const query = { signer: this.#signer, predicateType: SUMMARY_PREDICATE };
    for (let before = treeSize; before > this.#treeSize; ) {
      const { entries, next } = this.#log.reader.find(query, { limit: PAGE, treeSize, before });
      for (const entry of entries) if (entry.index >= this.#treeSize) found.push(...this.#decisionIn(entry));
      const isAll = found.length > this.#most || (entries.at(-1)?.index ?? 0) < this.#treeSize;
      if (found.length > this.#most) this.#complete = false;
      before = next === undefined || isAll ? 0 : next.before;
      await setImmediate();
    }
    for (const decision of found.slice(0, this.#most).reverse()) this.#keep(decision);
    this.#treeSize = Math.max(this.#treeSize, treeSize);
  }

  #keep(decision: KnownDecision): void {
    const question = questionOf(decision);
    const asked = this.#decisions.get(question);
    if (asked === undefined) this.#decisions.set(question, [decision]);
    else asked.push(decision);
    this.#order.push(question);
    if (this.#order.length <= this.#most) return;
    this.#complete = false;
    const oldest = this.#order.shift()!;
    const left = this.#decisions.get(oldest)!;
    left.shift();
    if (left.length === 0) this.#decisions.delete(oldest);
  }

  /** None where the entry is not the log's, or says something else. */
  #decisionIn({ index, leaf, leafHash, payload }: StoredEntry): KnownDecision[] {
    const { identity } = this.#log;
    if (payload.status !== 'stored' || !isSignedByLog(parseLeaf(leaf), identity)) return [];
    const subject = readStatement(payload.bytes, payload.type)?.subjects[0];
    if (subject === undefined) return [];
    const artifact = { name: subject.name, digests: Object.fromEntries(subject.digests) };
    const read = readAs((bytes) => readDecisionStatement(bytes, artifact), payload.bytes);
    if (read === undefined || read.log.origin !== identity.origin) return [];
    const { decision, phase, affectedBy, supersedes, policy } = read;
    const source = this.#policies.get(policy.sha256) ?? policy.source;
    this.#policies.set(policy.sha256, source);
    return [
      {
        ...{ index, leafHash: toHex(leafHash), decision, phase, artifact, affectedBy, supersedes },
        policy: { ...policy, source },
        feedSize: read.log.feedSize,
        inputs: read.inputs.map((input) => input.index),
        isExcepted: read.outcomes.some(({ outcome }) => outcome === 'excepted'),
      },
    ];
  }
}

function questionOf({ artifact: { name, digests }, phase, policy }: KnownDecision): string {
  return JSON.stringify([policy.sha256, phase, name, Object.entries(digests).sort()]);
}
