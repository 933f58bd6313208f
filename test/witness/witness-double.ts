/** Witnesses behind a `fetch` function: honest ones, and what can go wrong with others. */
import { cosigner } from '../../src/core/cosignature.ts';
import { ed25519PublicKey } from '../../src/core/ed25519.ts';
import { formatVerifierKey, NOTE_COSIGNATURE_V1, verifierOf } from '../../src/core/note.ts';
import { createWitnessApp } from '../../src/http/witness/witness-app.ts';
import { readWatchedLogs } from '../../src/witness/watched-log.ts';
import { Witness } from '../../src/witness/witness.ts';
import { MemoryStore } from './memory-store.ts';

/** What a witness does instead of answering; its honest answer may be asked for. */
export type Misconduct = (honest: () => Promise<Response>, signal: AbortSignal | undefined) => Promise<Response>;

export class WitnessDouble {
  readonly name: string;
  readonly verifierKey: string;
  readonly store = new MemoryStore();
  readonly app: ReturnType<typeof createWitnessApp>;
  /** Requests so far. */
  requests = 0;
  /** At once, at most. */
  mostAtOnce = 0;
  misconduct: Misconduct | undefined;
  #atOnce = 0;

  constructor(n: number, logKey: string, now = () => Math.floor(Date.now() / 1000)) {
    const seed = new Uint8Array(32).fill(0x60 + n);
    this.name = `w${n}`;
    const keyName = `w${n}.example`;
    this.verifierKey = formatVerifierKey(keyName, NOTE_COSIGNATURE_V1, ed25519PublicKey(seed));
    const logs = readWatchedLogs([logKey], verifierOf);
    const witness = new Witness({
      logs,
      cosigner: cosigner(keyName, seed),
      store: this.store,
      clock: now,
      misbehaved: () => undefined,
    });
    this.app = createWitnessApp({ witness, origins: logs.keys(), verifierKey: this.verifierKey });
  }

  async answer(body: string, signal?: AbortSignal): Promise<Response> {
    this.requests += 1;
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    try {
      const honest = async (): Promise<Response> => this.app.request('/add-checkpoint', { method: 'POST', body });
      return await (this.misconduct === undefined ? honest() : this.misconduct(honest, signal));
    } finally {
      this.#atOnce -= 1;
    }
  }
}

/** Routes requests to the witness whose name is the first label of the host. */
export function fetchFrom(witnesses: readonly WitnessDouble[]): typeof fetch {
  return async (input, init) => {
    const name = new URL(String(input)).hostname.split('.')[0];
    const witness = witnesses.find((one) => one.name === name);
    if (witness === undefined) throw new TypeError('connection refused');
    return witness.answer(String(init?.body), init?.signal ?? undefined);
  };
}

/** A policy of these witnesses, of whom so many must cosign. */
export function policyText(logKey: string, witnesses: readonly WitnessDouble[], threshold: number): string {
  const lines = witnesses.map(({ name, verifierKey }) => `witness ${name} ${verifierKey} https://${name}.example`);
  const names = witnesses.map(({ name }) => name).join(' ');
  return [`log ${logKey}`, ...lines, `group all-of-them ${threshold} ${names}`, 'quorum all-of-them', ''].join('\n');
}
