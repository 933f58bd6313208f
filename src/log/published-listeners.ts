/** Those who want to hear of each published head. */
import type { PublishedHead } from './log.ts';

export class PublishedListeners {
  readonly #listeners = new Set<(head: PublishedHead) => void>();

  /** @returns stops the calls */
  add(listener: (head: PublishedHead) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(head: PublishedHead): void {
    for (const listener of this.#listeners) listener(head);
  }
}
