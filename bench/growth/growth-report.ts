/** What the growth run says: figures by size, what a log takes and how it starts, and whether the curve is flat. */
import { atLeast } from '../http/aims.ts';
import type { LoadResult } from '../http/load.ts';
import { complaints, middle, outcomes, rateOf } from '../http/outcomes.ts';
import { formatShare, formatSpread, type Row, type Section } from '../report.ts';
import type { BatchWindow } from './growing-log.ts';

/** The rate at the largest size, as a share of that at the smallest. */
const FLAT_SHARE = 0.9;

/** What was measured at one size. */
export interface PointFigures {
  singles: LoadResult[];
  windows: GrowthWindow[];
}

export interface GrowthWindow extends BatchWindow {
  /** P-256 verifications per second just before the window; undefined where there is no openssl. */
  openssl: number | undefined;
  /** Entries per second of a new log at the smallest size, measured just before; undefined at that size itself. */
  reference?: number;
}

/** A log at one size, as it lies and starts. */
export interface LogState {
  entries: number;
  /** Of the databases with their write-ahead logs. */
  bytes: number;
  /** Until the server was ready. */
  startMilliseconds: number;
}

export interface Growth {
  points: readonly number[];
  figures: ReadonlyMap<number, PointFigures>;
  states: readonly LogState[];
  /** What was submitted between the points. */
  fills: readonly LoadResult[];
  /** What singles arrive at, per second. */
  singlesPerSecond: number;
  isCutShort: boolean;
}

export function growthSections(growth: Growth): Section[] {
  const measured = growth.points.filter((point) => growth.figures.get(point)!.windows.length > 0);
  return [rateSection(growth, measured), stateSection(growth.states), flatSection(growth, measured)];
}

function rateSection({ figures, fills, singlesPerSecond, isCutShort }: Growth, measured: number[]): Section {
  const rows = measured.map((entries): Row => {
    const { singles, windows } = figures.get(entries)!;
    const results = windows.map(({ result }) => result);
    const rates = results.map(({ perSecond }) => perSecond);
    return {
      entries,
      windows: windows.length,
      'batch entries/s': rateOf(results),
      spread: formatSpread([Math.min(...rates), Math.max(...rates)]),
      'of the smallest': formatShare(referenceShare(windows)),
      'of openssl': formatKnown(opensslShare(windows), formatShare),
      'kB written/entry': formatKnown(kilobytesWritten(windows), (kilobytes) => kilobytes.toFixed(1)),
      'p50 ms': middle(singles, ({ latency }) => latency.p50),
      'p99 ms': middle(singles, ({ latency }) => latency.p99),
      ...outcomes([...results, ...singles]),
    };
  });
  const all = [...fills, ...measured.flatMap((point) => allOf(figures.get(point)!))];
  const filled = fills.reduce((sum, { verified }) => sum + verified, 0);
  const notes = [
    'Batch route, closed loop, from this size on; median of the windows, each right after openssl speed on all cores.',
    'of the smallest: each window as a share of one on a new log of the smallest size just before it, so that a machine ' +
      'that got slower is not taken for growth; median.',
    `p50 and p99: single DSSE submissions, ${singlesPerSecond}/s arriving, just before this size; median of the runs.`,
    'kB written: by the whole machine to the disk of the data directory while the window lasted.',
    `${filled.toLocaleString('en')} entries between the sizes came through the batch route, each proof verified as well.`,
    ...(isCutShort ? ['The run was cut short by its deadline.'] : []),
    ...complaints(all),
  ];
  return { name: 'growth', title: 'Growth: entries with proof, as the log grows', rows, notes };
}

function stateSection(states: readonly LogState[]): Section {
  const rows = [...states]
    .sort((a, b) => a.entries - b.entries)
    .map(
      ({ entries, bytes, startMilliseconds }): Row => ({
        entries,
        'MB on disk': bytes / 1e6,
        'bytes/entry': bytes / entries,
        'start ms': startMilliseconds,
      }),
    );
  const notes = [
    'On disk: log.db and index.db with their write-ahead logs. start: from the start of the process until /readyz is 200.',
  ];
  return { name: 'growth-state', title: 'Growth: what a log takes, and how long its server starts', rows, notes };
}

function flatSection({ figures }: Growth, measured: number[]): Section {
  const [first, last] = [measured[0], measured.at(-1)];
  if (first === undefined || last === undefined || first === last) {
    return { name: 'growth-flat', title: 'Aim', rows: [], notes: ['Not reached: only one size was measured.'] };
  }
  const share = referenceShare(figures.get(last)!.windows);
  const what = `batch rate at ${last.toLocaleString('en')} entries, of that at ${first.toLocaleString('en')}`;
  return { name: 'growth-flat', title: 'Aim', rows: [{ what, ...atLeast(FLAT_SHARE, share) }], notes: [] };
}

/** The median over the windows; 1 at the smallest size itself. */
function referenceShare(windows: readonly GrowthWindow[]): number {
  return middle(windows, ({ result, reference = result.perSecond }) => result.perSecond / reference);
}

function opensslShare(windows: readonly GrowthWindow[]): number | undefined {
  if (windows.some(({ openssl }) => openssl === undefined)) return undefined;
  return middle(windows, ({ result, openssl }) => result.perSecond / openssl!);
}

function kilobytesWritten(windows: readonly GrowthWindow[]): number | undefined {
  if (windows.some(({ bytesWritten }) => bytesWritten === undefined)) return undefined;
  return middle(windows, ({ result, bytesWritten }) => bytesWritten! / 1e3 / result.verified);
}

function allOf({ singles, windows }: PointFigures): LoadResult[] {
  return [...singles, ...windows.map(({ result }) => result)];
}

function formatKnown(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? 'unknown' : format(value);
}
