/** Values by a key, several each, in the order in which they came. */
export class Shelf<T> {
  readonly #values = new Map<string, T[]>();

  add(key: string, value: T): void {
    const there = this.#values.get(key);
    if (there === undefined) this.#values.set(key, [value]);
    else there.push(value);
  }

  get(key: string): readonly T[] {
    return this.#values.get(key) ?? [];
  }

  keys(): string[] {
    return [...this.#values.keys()];
  }
}
