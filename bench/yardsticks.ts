/** What the machine can do at all, measured in the same minutes as the server: the whole that shares are stated of. */
import { digestChecksPerSecond } from './digest-verifier.ts';
import { verificationsPerSecond } from './openssl.ts';

export interface Yardsticks {
  /** P-256 verifications per second, `openssl speed` on all cores; undefined where there is no openssl. */
  openssl: number | undefined;
  /** Checks of a P-256 signature over a ready digest per second, the server's own code on all cores. */
  digestVerifier: number;
}

/** @param seconds for each of the two */
export async function measureYardsticks(seconds: number): Promise<Yardsticks> {
  const openssl = await verificationsPerSecond(seconds);
  return { openssl, digestVerifier: await digestChecksPerSecond(seconds) };
}

/** The mean of both measurements, and what one has to know about them. */
export function describeYardsticks(before: Yardsticks, after: Yardsticks): Yardsticks & { notes: string[] } {
  const digestVerifier = (before.digestVerifier + after.digestVerifier) / 2;
  const digestNote = `of digest verifier: ${between(before.digestVerifier, after.digestVerifier)} checks/s of a digest.`;
  if (before.openssl === undefined || after.openssl === undefined) {
    const notes = ['of openssl: not known, since there is no openssl here that could say what the machine can verify.'];
    return { openssl: undefined, digestVerifier, notes: [...notes, digestNote] };
  }
  const notes = [
    `of openssl: ${between(before.openssl, after.openssl)} P-256 verifications/s, openssl speed on all cores.`,
    digestNote,
  ];
  // The machine itself changed so much during the run that its figures mean little.
  if (Math.max(before.openssl, after.openssl) > 1.2 * Math.min(before.openssl, after.openssl)) {
    notes.push('The machine was busy with something else: what openssl can verify changed by more than 20%.');
  }
  return { openssl: (before.openssl + after.openssl) / 2, digestVerifier, notes };
}

function between(before: number, after: number): string {
  const text = (rate: number) => Math.round(rate).toLocaleString('en');
  return `${text(before)} (before) and ${text(after)} (after)`;
}
