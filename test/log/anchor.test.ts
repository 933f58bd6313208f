import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Anchor, type AnchorRecord } from '../../src/log/anchor.ts';

const disk = vi.hoisted(() => ({ broken: false }));
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const fdatasyncSync = (descriptor: number) => {
    if (disk.broken) throw new Error('EIO');
    fs.fdatasyncSync(descriptor);
  };
  return { ...fs, fdatasyncSync };
});

const SLOT = 512;
const record = (size: number, byte = size): AnchorRecord => ({
  logId: new Uint8Array(32).fill(1),
  size,
  root: new Uint8Array(32).fill(byte),
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-anchor-'));
  path = join(folder, 'anchor');
});
afterEach(() => rmSync(folder, { recursive: true }));

function overwrite(position: number, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, position);
  closeSync(descriptor);
}

const slots = () => [readFileSync(path).subarray(0, SLOT), readFileSync(path).subarray(SLOT)] as [Buffer, Buffer];
const code = (expected: string) => expect.objectContaining({ code: expected });

function written(...sizes: number[]): Anchor {
  const [first, ...rest] = sizes;
  const anchor = Anchor.create(path, record(first!));
  for (const size of rest) anchor.write(record(size));
  return anchor;
}

it('is not there until it is created', () => {
  expect(Anchor.open(path)).toBeUndefined();
});

it('is created with its folder, for its owner only', () => {
  path = join(folder, 'deeper', 'still', 'anchor');
  written(1).close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(Anchor.open(path)!.record).toMatchObject(record(1));
});

it('cannot be created where there is no writing', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => Anchor.create(join(folder, 'file', 'anchor'), record(1))).toThrow(code('anchor_unwritable'));
});

it('hands back what was written last, however often', () => {
  const anchor = written(1);
  for (let size = 2; size <= 20; size++) {
    anchor.write(record(size));
    expect(anchor.read()).toMatchObject({ ...record(size), foreignWrite: false });
    const opened = Anchor.open(path)!;
    expect(opened.record).toMatchObject(record(size));
    opened.anchor.close();
  }
  expect(readFileSync(path)).toHaveLength(2 * SLOT);
});

it('overwrites the older of two slots, and leaves the newer alone', () => {
  const anchor = written(1, 2, 3);
  const before = slots();
  anchor.write(record(4));
  const after = slots();
  const same = before.map((slot, i) => slot.equals(after[i]!));
  expect(same.filter(Boolean)).toHaveLength(1);
  expect(String(before[same.indexOf(true)])).toContain('"size":3');
});

it('goes on with the sequence after it was opened again', () => {
  written(1, 2).close();
  const { anchor } = Anchor.open(path)!;
  anchor.write(record(3));
  expect(String(slots()[1])).toContain('"sequence":3');
  anchor.write(record(4));
  expect(Anchor.open(path)!.record.size).toBe(4);
});

describe('a torn slot', () => {
  it.each([1, 100, 300, 511])('is ignored where %d of its bytes are new', (length) => {
    written(1, 2, 3).close();
    const newer = slots()[1];
    // What a torn write of a fourth record would leave of the third's place, and of the second's.
    overwrite(
      SLOT,
      newer.subarray(0, length).map((byte) => byte ^ 0x55),
    );
    expect(Anchor.open(path)!.record).toMatchObject(record(2));
  });

  it('is ignored for any bit that changes within its record', () => {
    written(1, 2).close();
    const intact = Buffer.from(slots()[0]);
    for (let bit = 0; bit < intact.indexOf('\n') * 8; bit += 7) {
      const torn = Buffer.from(intact);
      torn[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
      overwrite(0, torn);
      expect(Anchor.open(path)!.record).toMatchObject(record(1));
    }
  });

  it('beside another torn slot leaves nothing to read', () => {
    const anchor = written(1, 2);
    overwrite(10, Uint8Array.of(0));
    overwrite(SLOT + 10, Uint8Array.of(0));
    expect(() => Anchor.open(path)).toThrow(code('anchor_foreign'));
    expect(() => anchor.read()).toThrow(code('anchor_foreign'));
  });
});

it.each([
  ['empty', ''],
  ['something else', 'root:x:0:0:root:/root:/bin/sh\n'],
  ['binary', Buffer.alloc(2048, 0xff)],
  ['json without a checksum', `{"format":"countersign anchor v1","sequence":1}\n`],
])('does not take a file that is %s for an anchor', (_, content) => {
  writeFileSync(path, content);
  expect(() => Anchor.open(path)).toThrow(code('anchor_foreign'));
});

it('is read though the file was cut after the newer slot', () => {
  written(1, 2).close();
  const descriptor = openSync(path, 'r+');
  ftruncateSync(descriptor, SLOT);
  closeSync(descriptor);
  expect(Anchor.open(path)!.record.size).toBe(2);
});

describe('another writer', () => {
  it('is seen after its first write', () => {
    const anchor = written(1, 2);
    const other = Anchor.open(path)!.anchor;
    expect(anchor.read().foreignWrite).toBe(false);
    other.write(record(3));
    expect(anchor.read()).toMatchObject({ size: 3, foreignWrite: true });
    expect(other.read().foreignWrite).toBe(false);
  });

  it('is seen where both wrote at once, and counted to the same number', () => {
    const anchor = written(1, 2);
    const other = Anchor.open(path)!.anchor;
    anchor.write(record(3, 0xaa));
    other.write(record(3, 0xbb));
    expect(anchor.read().foreignWrite).toBe(true);
  });
});

describe('a write that fails', () => {
  beforeEach(() => {
    disk.broken = true;
  });
  afterEach(() => {
    disk.broken = false;
  });

  it('is not taken for that of another writer, though it reached the file', () => {
    disk.broken = false;
    const anchor = written(1, 2);
    disk.broken = true;
    expect(() => anchor.write(record(3))).toThrow('EIO');
    expect(anchor.read()).toMatchObject({ size: 3, foreignWrite: false });
    disk.broken = false;
    anchor.write(record(3));
    expect(anchor.read()).toMatchObject({ size: 3, foreignWrite: false });
  });

  it('leaves the record before it in place', () => {
    disk.broken = false;
    const anchor = written(1, 2);
    disk.broken = true;
    for (let i = 0; i < 3; i++) expect(() => anchor.write(record(3))).toThrow('EIO');
    expect(slots().some((slot) => String(slot).includes('"size":2'))).toBe(true);
  });
});
