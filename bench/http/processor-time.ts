/** What a process has taken of the processors so far, which others on the machine change less than how long it took. */
import { readFileSync } from 'node:fs';

/** Of Linux's clock in /proc, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Seconds of all its threads together, in its own code and in the system's; undefined where the system does not say. */
export function processorSeconds(pid: number): number | undefined {
  try {
    return readProcessorSeconds(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** @param stat as proc(5) describes it: the name in parentheses may hold anything */
export function readProcessorSeconds(stat: string): number {
  const [, ...fields] = stat.slice(stat.lastIndexOf(')')).split(' ');
  // utime and stime, the 14th and 15th of all fields; two come before these.
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
