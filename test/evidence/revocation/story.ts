/** A log as revocation sees it, told entry by entry: who logged what, and in which batch. */
import { toHex, utf8 } from '../../../src/core/bytes.ts';
import { sha256 } from '../../../src/core/hash.ts';
import type { Authority } from '../../../src/entry/control/authority-set.ts';
import { type ControlEvent, writeControlStatement } from '../../../src/entry/control/control-statement.ts';
import type { Dependency, ProvenanceClaim } from '../../../src/entry/predicate/claim.ts';
import type { FulcioFacts } from '../../../src/entry/x509/fulcio-facts.ts';
import type { Credential, Evidence } from '../../../src/evidence/facts/evidence.ts';
import type { ControlRecord } from '../../../src/evidence/revocation/control-record.ts';
import { standingAt } from '../../../src/evidence/revocation/fold.ts';
import type { RevocationRoots } from '../../../src/evidence/revocation/in-force.ts';
import { type Outcome, RevocationState } from '../../../src/evidence/revocation/revocation-state.ts';
import type { StandingAt, StandingOptions } from '../../../src/evidence/revocation/standing-at.ts';

/** Hex digest that stands for something named. */
export function digest(name: string): string {
  return toHex(sha256(utf8(name)));
}

export const OPERATOR = 'operator';
export const ROOTS: RevocationRoots = { operators: [{ key: digest(OPERATOR) }] };
export const TIME = 1_764_000_000;
export const ISSUER = 'https://token.example';

/** alice and bob own it, carol revokes, olga operates; it takes two to change the authority and to give trust back. */
export const ACME: Authority = {
  namespace: 'acme',
  covers: ['https://github.com/acme/*', 'pkg:npm/%40acme/*'],
  owners: [{ key: digest('alice') }, { key: digest('bob') }],
  revokers: [{ key: digest('carol') }],
  operators: [{ key: digest('olga') }],
  thresholds: { authority: 2, grant: 1, revoke: 1, reinstate: 2 },
};

/** A signer: a key by its name, or the identity of a certificate. */
export type Signer =
  | string
  | { san: string; chain?: 'trusted' | 'unverified'; facts?: FulcioFacts; key?: string; issuer?: string };

type WithoutIssued<E> = E extends ControlEvent ? Omit<E, 'issued'> & { issued?: number } : never;
export type Told = WithoutIssued<ControlEvent>;

export interface ToldEntry {
  by?: Signer | readonly Signer[];
  claim?: Partial<ProvenanceClaim>;
  /** What the signature is over; the same text is the same signing event. */
  over?: string;
  subjects?: Evidence['subjects'];
  loggedAt?: number;
}

export class Story {
  readonly records: ControlRecord[] = [];
  #size = 1;
  #batch: number | undefined;
  /** Control statements of the batch under way; they take effect where it ends. */
  #open: Omit<ControlRecord, 'effectiveFrom'>[] = [];

  /** With acme's authority already set by the operator. */
  static ofAcme(authority: Authority = ACME): Story {
    const story = new Story();
    story.control({ event: 'authority-set', ...authority }, OPERATOR);
    return story;
  }

  get size(): number {
    return this.#size;
  }

  /** Everything in `work` is logged in one batch. */
  batch<T>(work: () => T): T {
    this.#batch = this.#size;
    const result = work();
    this.#end();
    return result;
  }

  /** @returns the index of the statement */
  control(event: Told, by: Signer | readonly Signer[], options: { again?: boolean } = {}): number {
    const index = this.#size++;
    const issued = options.again ? TIME : (event.issued ?? TIME + index);
    const whole = { issued, ...event } as ControlEvent;
    const payload = toHex(sha256(writeControlStatement(whole)));
    this.#open.push({
      ...{ index, event: whole, payloadSha256: payload, leafHash: digest(`leaf ${index}`) },
      batchStart: this.#batch ?? index,
      credentials: signers(by).map((one) => credential(one, payload)),
    });
    if (this.#batch === undefined) this.#end();
    return index;
  }

  /** Provenance of acme's own repository by the key `builder`, unless told otherwise. */
  entry({ by = 'builder', claim = {}, over, subjects = [], loggedAt }: ToldEntry = {}): Evidence {
    const index = this.#size++;
    const signed = over ?? `signed ${index}`;
    return {
      ...{ index, leafHash: digest(`leaf ${index}`), countsFrom: index, loggedAt: loggedAt ?? TIME + index },
      credentials: signers(by).map((one) => credential(one, signed)),
      ...{ payload: 'stored', payloadSha256: digest(signed), predicateType: 'https://slsa.dev/provenance/v1' },
      ...{ subjects, claim: provenance(claim), mismatches: [] },
    };
  }

  standing(options: StandingOptions & { size?: number; roots?: RevocationRoots } = {}): StandingAt {
    return standingAt(this.records, options.size ?? this.#size, options.roots ?? ROOTS, options);
  }

  outcomes(roots: RevocationRoots = ROOTS): Outcome[] {
    const state = RevocationState.from(roots);
    return this.records.map((record) => state.apply(record));
  }

  /** Why the newest control statement has no effect; undefined where it has. */
  ignored(): string | undefined {
    return this.outcomes().at(-1)?.ignored;
  }

  #end(): void {
    this.#batch = undefined;
    if (this.#open.length === 0) return;
    const effectiveFrom = this.#size++;
    this.records.push(...this.#open.map((record) => ({ ...record, effectiveFrom })));
    this.#open = [];
  }
}

/** Codes against an entry, each once. */
export function codesOf(standing: StandingAt, evidence: Evidence): string[] {
  return [...new Set(standing.ofEvidence(evidence).map(({ code }) => code))];
}

export function dependency(of: Partial<Dependency> & { sha256?: string; gitCommit?: string }): Dependency {
  const digests = new Map<string, string>();
  if (of.sha256 !== undefined) digests.set('sha256', of.sha256);
  if (of.gitCommit !== undefined) digests.set('gitCommit', of.gitCommit);
  return { uri: of.uri, name: of.name, digests };
}

function signers(by: Signer | readonly Signer[]): readonly Signer[] {
  return Array.isArray(by) ? by : [by as Signer];
}

function credential(signer: Signer, over: string): Credential {
  const { key, ...certified } = typeof signer === 'string' ? { key: signer } : { key: `key of ${over}`, ...signer };
  const bare = { key: digest(key), eventId: digest(`${over} by ${key}`) };
  if (!('san' in certified)) {
    return { ...bare, kind: 'key', chain: 'unverified', names: [], issuer: undefined, facts: {}, lifetime: undefined };
  }
  const { san, chain = 'trusted', facts = {}, issuer = ISSUER } = certified as Exclude<Signer, string>;
  return { ...bare, kind: 'certificate', chain, names: [san], issuer, facts, lifetime: 600 };
}

function provenance(claim: Partial<ProvenanceClaim>): ProvenanceClaim {
  return {
    ...{ kind: 'provenance', version: '1', builder: 'https://builder.example/b@v1.3.0', buildType: 'urn:type' },
    ...{ repository: 'https://github.com/acme/app', repositoryId: undefined, commit: '12'.repeat(20) },
    ...{ ref: undefined, trigger: undefined, runner: undefined, workflow: undefined, environment: undefined },
    ...{ invocation: undefined, parameters: {}, dependencies: [], startedOn: undefined, finishedOn: undefined },
    ...claim,
  };
}
