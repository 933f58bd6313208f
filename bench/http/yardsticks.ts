/** What the machine can do at all, measured right beside the server: the whole that shares are stated of. */
import { DigestVerifier } from './digest-verifier.ts';
import { verificationsPerSecond } from './openssl.ts';

export interface Yardstick {
  /** P-256 verifications per second, `openssl speed` on all cores; undefined where there is no openssl. */
  openssl: number | undefined;
  /** Checks of a P-256 signature over a ready digest per second, the server's own code on all cores. */
  digestVerifier: number;
}

/** Owns the threads of the digest verifier. */
export class Yardsticks {
  readonly #digests: DigestVerifier;
  readonly #seconds: number;

  private constructor(digests: DigestVerifier, seconds: number) {
    this.#digests = digests;
    this.#seconds = seconds;
  }

  /** @param seconds for each measurement of each of the two */
  static async start(seconds: number): Promise<Yardsticks> {
    return new Yardsticks(await DigestVerifier.start(), seconds);
  }

  async measure(): Promise<Yardstick> {
    const openssl = await verificationsPerSecond(this.#seconds);
    return { openssl, digestVerifier: await this.#digests.checksPerSecond(this.#seconds) };
  }

  close(): Promise<void> {
    return this.#digests.close();
  }
}

/** What the machine could do while something ran between two measurements. */
export function between(before: Yardstick, after: Yardstick): Yardstick {
  const known = before.openssl !== undefined && after.openssl !== undefined;
  return {
    openssl: known ? (before.openssl! + after.openssl!) / 2 : undefined,
    digestVerifier: (before.digestVerifier + after.digestVerifier) / 2,
  };
}

/** What one has to know about these measurements of one bench. */
export function describeYardsticks(measured: readonly Yardstick[]): string[] {
  const digest = `of digest verifier: ${range(measured.map(({ digestVerifier }) => digestVerifier))} checks/s of a digest`;
  const digestNote = `${digest}, the server's own check alone on all cores.`;
  const openssl = measured.flatMap((yardstick) => yardstick.openssl ?? []);
  if (openssl.length < measured.length) {
    return ['of openssl: not known, since there is no openssl here that says what the machine can verify.', digestNote];
  }
  const notes = [
    `of openssl: ${range(openssl)} P-256 verifications/s, openssl speed on all cores, just before and after each run.`,
    digestNote,
  ];
  if (Math.max(...openssl) > 1.2 * Math.min(...openssl)) {
    notes.push('The machine was busy with something else: what openssl can verify changed by more than 20%.');
  }
  return notes;
}

function range(rates: readonly number[]): string {
  const text = (rate: number) => Math.round(rate).toLocaleString('en');
  return `${text(Math.min(...rates))} to ${text(Math.max(...rates))}`;
}
