import { expect, it } from 'vitest';
import { bytesWritten, deviceName } from '../../../bench/growth/disk-writes.ts';

const DISKSTATS = `
   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0
 254       0 vda 65086 10508 4545842 23279 18504 67385 4719544 9912 0 7108 33699
 254       1 vda1 6 1 40 2 3 4 1000 5 0 7 8
`;
const MOUNTINFO = `22 27 0:21 / /proc rw,relatime - proc proc rw
31 27 0:45 /root /data rw,relatime shared:1 - btrfs /dev/vda1 rw,space_cache=v2
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
`;

it.each([
  [0xfe00, '254:0'],
  [0x801, '8:1'],
  [0x10_3f_05, '63:261'],
  [0x1000_0000_0801, '4104:1'],
  [0x1_0000_0801, `8:${2 ** 20 + 1}`],
])('reads device number %i as %s', (device, name) => {
  expect(deviceName(device)).toBe(name);
});

it('counts the sectors written, of 512 bytes', () => {
  expect(bytesWritten('254:0', DISKSTATS, MOUNTINFO)).toBe(4_719_544 * 512);
});

it('finds the disk below a file system that has no device number of its own', () => {
  expect(bytesWritten('0:45', DISKSTATS, MOUNTINFO)).toBe(1_000 * 512);
});

it('knows nothing of a file system that lies on no disk', () => {
  expect(bytesWritten('0:21', DISKSTATS, MOUNTINFO)).toBeUndefined();
  expect(bytesWritten('9:9', DISKSTATS, MOUNTINFO)).toBeUndefined();
});
