/** One thing that a file of a revision points to, as a pin set states it (`entry/predicate/pin-set.ts`). */
export interface Pin {
  /** Where it is taken from; left out where the file does not say. */
  readonly uri?: string;
  /** Package URL. */
  readonly name?: string;
  /** Lower-case hexadecimal by algorithm; left out where it may be something else tomorrow. */
  readonly digest?: Readonly<Record<string, string>>;
  /** Path in the revision, with the line or the entry. */
  readonly at: string;
}
