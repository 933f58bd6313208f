/** What the project aims at, and whether it is reached. */
import { formatShare, type Row, type Section } from './report.ts';

/** Shares of what the machine can verify at all, and of what the check of a digest reaches with nothing around it. */
const AIMS = {
  singleShare: 0.25,
  batchShare: 0.5,
  halfLoadMilliseconds: 20,
  digestShare: 0.65,
};

/** What was reached; undefined where it could not be measured here. Rates are entries per second. */
export interface Reached {
  single: number;
  batch: number;
  digestSingle: number;
  /** P-256 verifications per second of `openssl speed` on all cores. */
  openssl: number | undefined;
  /** Checks of a ready digest per second on all cores. */
  digestVerifier: number;
  /** p99 in milliseconds, single DSSE submissions arriving at half of the rate `single`. */
  halfLoadP99: number;
}

export function aimsSection(reached: Reached): Section {
  const { single, batch, digestSingle, openssl, digestVerifier, halfLoadP99 } = reached;
  const rows: Row[] = [
    { what: 'single DSSE with proof, of openssl', ...atLeast(AIMS.singleShare, shareOf(single, openssl)) },
    { what: 'batch route, of openssl', ...atLeast(AIMS.batchShare, shareOf(batch, openssl)) },
    {
      what: 'p99 of single DSSE at half load',
      aim: `at most ${AIMS.halfLoadMilliseconds} ms`,
      reached: `${halfLoadP99.toFixed(1)} ms`,
      met: yesNo(halfLoadP99 <= AIMS.halfLoadMilliseconds),
    },
    {
      what: 'single digest-only, of its verifier',
      ...atLeast(AIMS.digestShare, shareOf(digestSingle, digestVerifier)),
    },
  ];
  return { name: 'aims', title: 'Aims', rows, notes: [] };
}

/** A row's part about a share that should not be lower. @param share undefined where it is not known */
export function atLeast(aim: number, share: number | undefined): Row {
  return {
    aim: `at least ${formatShare(aim)}`,
    reached: share === undefined ? 'unknown' : formatShare(share),
    met: share === undefined ? 'unknown' : yesNo(share >= aim),
  };
}

function shareOf(rate: number, whole: number | undefined): number | undefined {
  return whole === undefined ? undefined : rate / whole;
}

function yesNo(met: boolean): string {
  return met ? 'yes' : 'no';
}
