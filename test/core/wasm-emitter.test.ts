import { describe, expect, it } from 'vitest';
import {
  type Code,
  defineFunction,
  doWhile,
  encodeModule,
  I32,
  i32,
  i32x4,
  V128,
} from '../../src/core/wasm-emitter.ts';

/** Runs code that finds four words at address 0 and four at 16, and leaves its result at 32. */
function run(write: (local: Parameters<Parameters<typeof defineFunction>[2]>[1]) => Code, words: number[] = []) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Uint32Array(memory.buffer).set(words);
  const bytes = encodeModule([defineFunction('run', 0, (_, local) => write(local))]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  (exports.run as () => void)();
  return [...new Uint32Array(memory.buffer, 32, 4)];
}

const at = (address: number) => i32.const(address);

describe('integers', () => {
  it.each([0, 1, 63, 64, 127, 128, 8191, 8192, 0x7fff_ffff, -1, -64, -65, -128, -8193, 0x8000_0000 | 0])(
    'writes the constant %d',
    (value) => {
      expect(run(() => i32.store(at(32), i32.const(value)))[0]).toBe(value >>> 0);
    },
  );

  it('computes', () => {
    const [a, b] = [0x8001_2345, 0xfffd_dcbc];
    const of = (operation: (a: Code, b: Code) => Code) =>
      run(() => i32.store(at(32), operation(i32.const(a), i32.const(b))))[0];
    expect(of(i32.add)).toBe((a + b) % 2 ** 32);
    expect(of(i32.and)).toBe((a & b) >>> 0);
    expect(of(i32.or)).toBe((a | b) >>> 0);
    expect(of(i32.xor)).toBe((a ^ b) >>> 0);
  });

  it('shifts and rotates', () => {
    const a = 0x8765_4321;
    const of = (code: Code) => run(() => i32.store(at(32), code))[0];
    expect(of(i32.shiftLeft(i32.const(a), 4))).toBe((a << 4) >>> 0);
    expect(of(i32.shiftRight(i32.const(a), 4))).toBe(a >>> 4);
    expect(of(i32.rotateRight(i32.const(a), 8))).toBe(0x2187_6543);
  });

  it('loads words and bytes at offsets', () => {
    expect(run(() => i32.store(at(30), i32.load(at(1), 3), 2), [7, 0x0102_0304])[0]).toBe(0x0102_0304);
    expect(run(() => i32.store(at(32), i32.loadByte(at(1), 6)), [7, 0xff02_0304])[0]).toBe(0xff);
  });

  it('loops', () => {
    const [sum] = run((local) => {
      const [i, total] = [local(I32), local(I32)];
      return [
        i.set(i32.const(300)),
        doWhile(total.set(i32.add(total.value, i.value)), i.tee(i32.add(i.value, i32.const(-1)))),
        i32.store(at(32), total.value),
      ];
    });
    expect(sum).toBe((300 * 301) / 2);
  });
});

describe('vectors', () => {
  const [a, b] = [
    [0x8001_2345, 1, 2, 0xffff_ffff],
    [0xfffd_dcbc, 3, 0xffff_fffe, 1],
  ];
  const words = [...a, ...b];
  const of = (write: (a: Code, b: Code) => Code) =>
    run(() => i32x4.store(at(32), write(i32x4.load(at(0)), i32x4.load(at(16)))), words);

  it('computes lane by lane', () => {
    const lanes = (operation: (x: number, y: number) => number) => a.map((x, i) => operation(x, b[i]!) >>> 0);
    expect(of(i32x4.add)).toEqual(lanes((x, y) => x + y));
    expect(of(i32x4.and)).toEqual(lanes((x, y) => x & y));
    expect(of(i32x4.or)).toEqual(lanes((x, y) => x | y));
    expect(of(i32x4.xor)).toEqual(lanes((x, y) => x ^ y));
    expect(of((x) => i32x4.shiftLeft(x, 7))).toEqual(lanes((x) => x << 7));
    expect(of((x) => i32x4.shiftRight(x, 7))).toEqual(lanes((x) => x >>> 7));
  });

  it('fills, and picks bytes of two', () => {
    expect(of(() => i32x4.splat(i32.const(-2)))).toEqual(Array(4).fill(0xffff_fffe));
    const reversed = [3, 2, 1, 0, 31, 30, 29, 28, 16, 17, 18, 19, 4, 5, 6, 7];
    expect(of((x, y) => i32x4.shuffle(x, y, reversed))).toEqual([0x4523_0180, 0x0100_0000, b[0], a[1]]);
  });

  it('holds more variables than fit one byte of index', () => {
    const result = run((local) => {
      const locals = Array.from({ length: 200 }, () => local(V128));
      return [
        locals.map((one, i) => one.set(i32x4.splat(i32.const(i)))),
        i32x4.store(at(32), i32x4.add(locals[199]!.value, locals[130]!.value)),
      ];
    });
    expect(result).toEqual(Array(4).fill(329));
  });
});
