/**
 * Bytes that the disk below a directory was given to write, by every process. What the kernel counts for one process
 * (/proc/PID/io) misleads: it counts when a page is dirtied, not when it is written, and once for several writes.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

/** The unit of /proc/diskstats, whatever the device's own sectors are. */
const SECTOR_BYTES = 512;

/** Since the machine started, what was still to be written included; undefined where the system does not say. */
export function diskBytesWritten(directory: string): number | undefined {
  try {
    // Its count grows when pages leave the kernel's cache, which may be seconds after a process has written them.
    execFileSync('sync', ['-f', directory]);
    const device = deviceName(statSync(directory).dev);
    return bytesWritten(device, readFileSync('/proc/diskstats', 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch (error) {
    // Other systems than Linux have neither file, and some no such program.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** `major:minor` of a device number as `stat` returns it on Linux (glibc `gnu_dev_major`, `gnu_dev_minor`). */
export function deviceName(device: number): string {
  const [high, low] = [Math.floor(device / 2 ** 32), device % 2 ** 32];
  const major = (Math.floor(low / 2 ** 8) % 2 ** 12) + Math.floor(high / 2 ** 12) * 2 ** 12;
  const minor = (low % 2 ** 8) + Math.floor(low / 2 ** 20) * 2 ** 8 + (high % 2 ** 12) * 2 ** 20;
  return `${major}:${minor}`;
}

/**
 * @param device `major:minor`
 * @param diskstats text of /proc/diskstats: numbers and name of a device, four counts of reads, four of writes, …
 * @param mountinfo text of /proc/self/mountinfo, which names the device below a file system that has no number there
 */
export function bytesWritten(device: string, diskstats: string, mountinfo: string): number | undefined {
  const disks = diskstats.split('\n').map((line) => line.trim().split(/\s+/));
  let disk = disks.find(([major, minor]) => `${major}:${minor}` === device);
  if (disk === undefined) {
    const mount = mountinfo.split('\n').find((line) => line.split(' ')[2] === device);
    const source = mount?.split(' - ')[1]?.split(' ')[1];
    disk = disks.find(([, , name]) => `/dev/${name}` === source);
  }
  const sectors = Number(disk?.[9]);
  return disk === undefined || Number.isNaN(sectors) ? undefined : sectors * SECTOR_BYTES;
}
