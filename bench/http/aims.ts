/** What the project aims at, and whether it is reached. */
import { formatShare, type Row, type Section } from '../report.ts';

/** Shares of what the machine can verify at all, and of what the check of a digest reaches with nothing around it. */
const AIMS = {
  singleShare: 0.25,
  batchShare: 0.5,
  halfLoadMilliseconds: 20,
  digestShare: 0.65,
};

/** What was reached; undefined where it could not be measured here. */
export interface Reached {
  /** Of openssl's rate. */
  singleShare: number | undefined;
  /** Of openssl's rate. */
  batchShare: number | undefined;
  /** Single submissions, of the digest verifier's rate. */
  digestShare: number | undefined;
  /** p99 of single DSSE submissions arriving at half of what the server can take. */
  halfLoadMilliseconds: number;
}

export function aimsSection({ singleShare, batchShare, digestShare, halfLoadMilliseconds }: Reached): Section {
  const rows: Row[] = [
    { what: 'single DSSE with proof, of openssl', ...atLeast(AIMS.singleShare, singleShare) },
    { what: 'batch route, of openssl', ...atLeast(AIMS.batchShare, batchShare) },
    {
      what: 'p99 of single DSSE at half load',
      aim: `at most ${AIMS.halfLoadMilliseconds} ms`,
      reached: `${halfLoadMilliseconds.toFixed(1)} ms`,
      met: yesNo(halfLoadMilliseconds <= AIMS.halfLoadMilliseconds),
    },
    { what: 'single digest-only, of its verifier', ...atLeast(AIMS.digestShare, digestShare) },
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

function yesNo(met: boolean): string {
  return met ? 'yes' : 'no';
}
