/** A fixed number of clients, each of which sends its next request when it has its answer. */
import type { LoadGenerator, LoadResult, LoadTarget } from './load.ts';
import { type Form, itemsPerRequest } from './submissions.ts';

/** Entries per second that no server is expected to fall short of; sizes the first run, which is discarded. */
const FIRST_GUESS = 3_000;
/** Submissions that are made ready for each one expected, so that a run does not end for want of them. */
const SPARE = 1.6;

/** Owns what is known of the rate, by which it sizes each run. */
export class SteadyClients {
  readonly form: Form;
  readonly clients: number;
  readonly #generator: LoadGenerator;
  readonly #target: LoadTarget;
  /** Entries per second, of the fastest run. */
  #expected = 0;

  constructor(generator: LoadGenerator, target: LoadTarget, form: Form, clients: number) {
    this.form = form;
    this.clients = clients;
    this.#generator = generator;
    this.#target = target;
  }

  /** The first run is the warm-up. */
  async run(seconds: number): Promise<LoadResult> {
    const { form, clients } = this;
    const submissions = this.#expected === 0 ? FIRST_GUESS * seconds : this.#expected * seconds * SPARE;
    const items = itemsPerRequest(form);
    const whole = Math.max(clients, Math.ceil(submissions / items)) * items;
    const load = { loop: 'closed', clients } as const;
    const result = await this.#generator.run(this.#target, { form, submissions: whole, seconds, load });
    this.#expected = Math.max(this.#expected, result.perSecond);
    return result;
  }
}
