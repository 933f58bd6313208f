/** Values by a key, several each, in the order in which they came. */
export class Shelf<T, K = string> {
  /** Lists are replaced and never changed, so that copies may share them. */
  readonly #values: Map<K, readonly T[]>;

  constructor(from?: Shelf<T, K>) {
    this.#values = new Map(from?.entries());
  }

  add(key: K, value: T): void {
    this.#values.set(key, [...this.get(key), value]);
  }

  get(key: K): readonly T[] {
    return this.#values.get(key) ?? [];
  }

  entries(): IterableIterator<[K, readonly T[]]> {
    return this.#values.entries();
  }
}
