/** A small cache for values computed from untrusted text: bounded, and forgetting what was not used lately. */
export interface BoundedCache<Value> {
  /** The value of a key, computed where it is not known. What `compute` throws is not remembered. */
  get(key: string, compute: () => Value): Value;
  /** The value of a key where it is known. */
  peek(key: string): Value | undefined;
}

/** @param capacity most values kept */
export function boundedCache<Value>(capacity: number): BoundedCache<Value> {
  // Two generations instead of a linked list: when the young one is full it becomes the old one.
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  return {
    peek: (key) => young.get(key) ?? old.get(key),
    get(key, compute) {
      let value = young.get(key);
      if (value !== undefined) return value;
      value = old.get(key) ?? compute();
      if (young.size >= capacity / 2) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
      return value;
    },
  };
}
