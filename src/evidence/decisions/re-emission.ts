/**
 * Logs anew what a control statement turned: once for each decision and turn, behind the commits that bring the control
 * statements, one at a time. It keeps nothing of its own: what is due follows from the log, also after a restart.
 */
import { decisionStatement } from '../../entry/submission/decision-statement.ts';
import type { Log } from '../../log/log.ts';
import type { Reconsideration } from './reconsideration.ts';

type ReEmittingLog = Pick<Log, 'onPublished' | 'appendOwn' | 'writeState' | 'reader'>;

export class ReEmission {
  readonly #log: ReEmittingLog;
  readonly #decisions: Pick<Reconsideration, 'due'>;
  readonly #failed: (error: unknown) => void;
  readonly #stopListening: () => void;
  /**
   * Size of the feed up to which everything due was logged. None at first: so the decisions are read at the start, and
   * not when the first control statement makes it urgent.
   */
  #done = -1;
  #running: Promise<void> | undefined;
  #ended = false;

  /** @param failed told why a turn could not be logged; it is tried again at the next published head */
  constructor(log: ReEmittingLog, decisions: Pick<Reconsideration, 'due'>, failed: (error: unknown) => void) {
    this.#log = log;
    this.#decisions = decisions;
    this.#failed = failed;
    // Also a head that is only stamped again is published: what could not be done is tried again within a minute.
    this.#stopListening = log.onPublished(() => this.#wake());
    this.#wake();
  }

  /** Resolves when everything that was due at the head of the call is logged, or could not be. */
  async settled(): Promise<void> {
    this.#wake();
    await this.#running;
  }

  /** Finishes the decision that is under way. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#stopListening();
    await this.#running;
  }

  #wake(): void {
    if (this.#ended || this.#running !== undefined) return;
    this.#running = this.#run()
      .catch(this.#failed)
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #run(): Promise<void> {
    for (;;) {
      const { size } = this.#log.reader.feedHead();
      if (this.#ended || size === this.#done || !this.#log.writeState().accepting) return;
      for await (const decision of this.#decisions.due()) {
        await this.#log.appendOwn(decisionStatement(decision));
        if (this.#ended) return;
      }
      this.#done = size;
    }
  }
}
