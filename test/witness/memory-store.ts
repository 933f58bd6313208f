/** A witness's memory that is lost with the process. */
import type { CosignedHead, WitnessStore } from '../../src/witness/witness-store.ts';

export class MemoryStore implements WitnessStore {
  readonly heads = new Map<string, CosignedHead>();

  head(origin: string): CosignedHead | undefined {
    return this.heads.get(origin);
  }

  replace(origin: string, previous: CosignedHead | undefined, next: CosignedHead): boolean {
    if (this.heads.get(origin) !== previous) return false;
    this.heads.set(origin, next);
    return true;
  }
}
