/** Standing in a log that is open here, kept up with it. */
import { toHex } from '../../core/bytes.ts';
import { isLogError } from '../../core/errors.ts';
import { type ControlEvent, readControlStatement } from '../../entry/control/control-statement.ts';
import type { ChainMark } from '../../entry/x509/certificate.ts';
import type { Log, LoggedControl, StoredEntry } from '../../log/log.ts';
import type { Credential } from '../facts/evidence.ts';
import type { ControlRecord } from './control-record.ts';
import type { RevocationRoots } from './in-force.ts';
import { RevocationState } from './revocation-state.ts';
import { StandingAt, type StandingOptions } from './standing-at.ts';

/** Who signed an entry: what `facts` makes of it. `marks` as `CertificateJudge` gives them. */
export type CredentialsOf = (entry: StoredEntry, marks: readonly ChainMark[] | undefined) => readonly Credential[];

type RevocationLog = Pick<Log, 'reader' | 'head' | 'certificates'>;

/** Control statements that are read in one step: others are served in between. */
const PAGE = 100;

/** One per log and roots. */
export class LogRevocation {
  readonly #log: RevocationLog;
  readonly #roots: RevocationRoots;
  readonly #credentialsOf: CredentialsOf;
  /** State after that many control statements; replaced as a whole, so that no standing changes under its user. */
  #current: { state: RevocationState; size: number };
  /** The reading that is under way: one at a time. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(log: RevocationLog, roots: RevocationRoots, credentialsOf: CredentialsOf) {
    this.#log = log;
    this.#roots = roots;
    this.#credentialsOf = credentialsOf;
    this.#current = { state: RevocationState.from(roots), size: 0 };
  }

  /** As of the published head. */
  now(options?: StandingOptions): Promise<StandingAt> {
    return this.at(this.#log.head().size, options);
  }

  /** As of a tree size. What is asked for again and again is the newest, which costs nothing while nothing is revoked. */
  async at(treeSize: number, options?: StandingOptions): Promise<StandingAt> {
    const feed = this.#log.reader.feedHead(treeSize);
    const state = await this.#stateOf(feed.size);
    return new StandingAt(state.inForce, { size: feed.size, root: toHex(feed.root) }, options);
  }

  async #stateOf(size: number): Promise<RevocationState> {
    const reading = this.#reading.then(async () => {
      if (size === this.#current.size) return this.#current.state;
      if (size < this.#current.size) return this.#grow(RevocationState.from(this.#roots), 0, size);
      const state = await this.#grow(this.#current.state.copy(), this.#current.size, size);
      this.#current = { state, size };
      return state;
    });
    // Whoever asked hears of a failure; the next one tries anew.
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #grow(state: RevocationState, from: number, size: number): Promise<RevocationState> {
    for (let at = from; at < size; ) {
      const controls = this.#log.reader.controlEvents(at, Math.min(PAGE, size - at));
      const marks = await this.#log.certificates?.marks(controls.map(({ entry }) => entry));
      for (const [i, control] of controls.entries()) {
        state.apply(recordOf(control, this.#credentialsOf(control.entry, marks?.[i])));
      }
      at += controls.length;
    }
    return state;
  }
}

function recordOf(control: LoggedControl, credentials: readonly Credential[]): ControlRecord {
  const { entry, statement, batchStart, payloadSha256 } = control;
  return {
    ...{ index: entry.index, effectiveFrom: statement, batchStart, credentials },
    ...{ leafHash: toHex(entry.leafHash), payloadSha256: toHex(payloadSha256) },
    event: 'bytes' in entry.payload ? readControl(entry.payload.bytes) : undefined,
  };
}

/** The event of a control statement; undefined for one that a newer program than this logged. */
export function readControl(payload: Uint8Array): ControlEvent | undefined {
  try {
    return readControlStatement(payload);
  } catch (error) {
    if (isLogError(error)) return undefined;
    throw error;
  }
}
