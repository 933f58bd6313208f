/**
 * Tells configured URLs of control statements: in order, each page again and again until it is taken, one request at a
 * time for each URL. What is sent proves itself; the signature of the request says only who sends it.
 */
import type { KeyObject } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { toHex } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import type { Log } from '../../log/log.ts';
import type { WebhookConfig } from '../config.ts';
import type { Telemetry } from '../telemetry.ts';
import { revocationPage } from './revocation-page.ts';
import type { WebhookCursors } from './webhook-cursors.ts';
import { webhookHeaders } from './webhook-signature.ts';

export interface WebhookOptions {
  log: Pick<Log, 'reader' | 'identity' | 'onPublished'>;
  webhooks: readonly WebhookConfig[];
  cursors: WebhookCursors;
  key: KeyObject;
  logger: Telemetry['logger'];
  fetch?: typeof fetch;
  /** Milliseconds before the second attempt; doubled for each further one, up to `longest`. */
  delay?: number;
  longest?: number;
}

/** Milliseconds for one attempt. */
const TIMEOUT = 10_000;

export class Webhooks {
  readonly #options: WebhookOptions;
  readonly #ending = new AbortController();
  /** Called when the feed may have grown; each belongs to the loop of one webhook. */
  readonly #wakes = new Set<() => void>();
  readonly #stopListening: () => void;
  readonly #loops: Promise<void>[];

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#stopListening = options.log.onPublished(() => {
      for (const wake of [...this.#wakes]) wake();
    });
    this.#loops = options.webhooks.map(({ url }) => this.#run(url));
  }

  /** Gives up what is under way: it is sent again at the next start. */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#stopListening();
    for (const wake of [...this.#wakes]) wake();
    await Promise.all(this.#loops);
  }

  async #run(url: string): Promise<void> {
    const { log, cursors, logger } = this.#options;
    const hasMore = () => cursors.next(url) < log.reader.feedHead().size;
    for (let failures = 0; !this.#ending.signal.aborted; ) {
      try {
        if (hasMore()) await this.#deliver(url, cursors.next(url));
        else await this.#grown(hasMore);
        failures = 0;
      } catch (err) {
        if (this.#ending.signal.aborted) return;
        // Of the URL the origin only: paths hold secrets.
        logger.warn({ webhook: new URL(url).origin, err }, 'webhook not delivered');
        await this.#backOff(failures++);
      }
    }
  }

  /** Resolves when the feed has grown, or at the end. */
  async #grown(hasGrown: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const wake = () => {
        try {
          if (!this.#ending.signal.aborted && !hasGrown()) return;
          resolve();
        } catch (error) {
          reject(error);
        }
        this.#wakes.delete(wake);
      };
      this.#wakes.add(wake);
      // It may have grown, or ended, just before.
      wake();
    });
  }

  /** @throws where it was not taken */
  async #deliver(url: string, from: number): Promise<void> {
    const { log, cursors, key } = this.#options;
    const { origin, logId } = log.identity;
    const page = revocationPage(log, from);
    const body = JSON.stringify({ type: 'countersign.controls.v1', origin, ...page });
    const id = `${toHex(logId.subarray(0, 8))}-${page.from}-${page.next}`;
    const headers = webhookHeaders({ id, time: Math.floor(Date.now() / 1000), body }, key);
    const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT), this.#ending.signal]);
    // Only the URL that was configured: nobody may send the log on to another.
    const request = { method: 'POST', headers, body, signal, redirect: 'manual' } as const;
    const response = await (this.#options.fetch ?? fetch)(url, request);
    await response.body?.cancel();
    if (!response.ok) throw new LogError('unreachable', `the webhook answered ${response.status}`);
    cursors.move(url, page.next);
  }

  async #backOff(failures: number): Promise<void> {
    const { delay = 1_000, longest = 300_000 } = this.#options;
    const wait = Math.min(longest, delay * 2 ** failures) * (0.5 + Math.random() / 2);
    await pause(wait, undefined, { signal: this.#ending.signal, ref: false }).catch(() => undefined);
  }
}
