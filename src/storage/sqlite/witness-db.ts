/** `WitnessStore` in a SQLite file of its own. */
import type { Hash } from '../../core/hash.ts';
import type { CosignedHead, WitnessStore } from '../../witness/witness-store.ts';
import { type Connection, openDatabase } from './connection.ts';
import { migrate } from './migrate.ts';

const PAGE_SIZE = 4096;

type Row = { size: number; root: Hash; time: number; note: string };

/** Owns its connection. Two processes on one file are safe: the head is compared inside the transaction that swaps it. */
export class WitnessDatabase implements WitnessStore {
  readonly #db: Connection;
  readonly #replace;
  readonly #head;

  /** @throws LogError as `openDatabase` and `migrate` */
  constructor(file: string) {
    this.#db = openDatabase(file, { synchronous: 'FULL', pageSize: PAGE_SIZE, create: true });
    try {
      migrate(this.#db, 'witness');
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#head = this.#db.prepare('SELECT size, root, time, note FROM heads WHERE origin = ?');
    const insert = this.#db.prepare('INSERT INTO heads (origin, size, root, time, note) VALUES (?, ?, ?, ?, ?)');
    const update = this.#db.prepare(
      `UPDATE heads SET size = ?, root = ?, time = ?, note = ?
       WHERE origin = ? AND size = ? AND root = ? AND time = ?`,
    );
    this.#replace = this.#db.transaction(
      (origin: string, previous: CosignedHead | undefined, { size, root, time, note }: CosignedHead): boolean => {
        if (previous !== undefined) {
          const found = update.run(size, root, time, note, origin, previous.size, previous.root, previous.time);
          return found.changes === 1;
        }
        if (this.#head.get(origin) !== undefined) return false;
        insert.run(origin, size, root, time, note);
        return true;
      },
    ).immediate;
  }

  /** The verifier key of the witness, which is set once. */
  identity(): string | undefined {
    return this.#db.prepare('SELECT verifier_key FROM witness').pluck().get() as string | undefined;
  }

  setIdentity(verifierKey: string): void {
    this.#db.prepare('INSERT INTO witness (id, verifier_key) VALUES (1, ?)').run(verifierKey);
  }

  head(origin: string): CosignedHead | undefined {
    return this.#head.get(origin) as Row | undefined;
  }

  replace(origin: string, previous: CosignedHead | undefined, next: CosignedHead): boolean {
    return this.#replace(origin, previous, next);
  }

  close(): void {
    this.#db.close();
  }
}
