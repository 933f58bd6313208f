/**
 * SHA-256 of Merkle tree nodes, SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1, FIPS 180-4 §6.2), as WebAssembly: four
 * nodes at a time in the lanes of SIMD vectors, and one at a time for what is left over. Assembled here, when it is
 * first wanted; there is no binary and no toolchain.
 *
 * A node is 65 bytes and so two blocks. The first is the domain byte and all but one byte of the hashes. Of the second
 * only the first byte varies, so its message schedule is one of 256, which lie ready in a table, K added.
 */
import { Compression, fourLanes, K, singleWords } from './sha256-compression.ts';
import {
  type Code,
  defineFunction,
  doWhile,
  encodeModule,
  I32,
  i32,
  i32x4,
  type Local,
  V128,
  type WasmFunction,
} from './wasm-emitter.ts';

/** Each K four times, 16 bytes, so that a vector of it is one load. */
const K_VECTORS = 0;
/** By the last byte of a node: 64 words K[t] + W[t] of its second block, 256 bytes. */
const SCHEDULES = K_VECTORS + 16 * K.length;
const SCHEDULE_LENGTH = 4 * K.length;

/** Bytes at the start of the memory that hold the kernel's constants. Everything beyond is the caller's. */
export const CONSTANTS_LENGTH = SCHEDULES + 256 * SCHEDULE_LENGTH;

/** The kernel's functions. Addresses are in the memory it was given; what they read and write must lie beyond the constants. */
export interface Sha256Kernel {
  /**
   * Hashes `4 · groups` pairs of hashes, 64 bytes each, from `from` on, to 32 bytes each from `to` on. `groups` is 1 or
   * more. `to` may equal `from`; other overlaps are not allowed. Reads one byte before `from`.
   */
  hashGroups(from: number, to: number, groups: number): void;
  /** The same for `count` pairs, one at a time; 1 or more. */
  hashEach(from: number, to: number, count: number): void;
}

/**
 * Compiles the kernel over a memory, and writes its constants there.
 * @throws WebAssembly.CompileError where the engine has no SIMD; whatever else an engine throws that forbids compiling
 */
export function loadSha256Kernel(memory: WebAssembly.Memory): Sha256Kernel {
  const module = new WebAssembly.Module(encodeModule([hashGroups(), hashEach()]));
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  writeConstants(new DataView(memory.buffer));
  return instance.exports as unknown as Sha256Kernel;
}

function writeConstants(view: DataView): void {
  K.forEach((k, t) => {
    for (let lane = 0; lane < 4; lane++) view.setInt32(K_VECTORS + 16 * t + 4 * lane, k, true);
  });
  const w = new Int32Array(K.length);
  for (let last = 0; last < 256; last++) {
    // The byte, the bit that ends the message, and its length of 520 bits (FIPS 180-4 §5.1.1).
    w.fill(0).set([(last << 24) | 0x80_0000]);
    w[15] = 520;
    for (let t = 16; t < K.length; t++) {
      w[t] = smallSigma1(w[t - 2]!) + w[t - 7]! + smallSigma0(w[t - 15]!) + w[t - 16]!;
    }
    for (const [t, k] of K.entries()) view.setInt32(SCHEDULES + SCHEDULE_LENGTH * last + 4 * t, w[t]! + k, true);
  }
}

const rotate = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));
const smallSigma0 = (x: number): number => rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
const smallSigma1 = (x: number): number => rotate(x, 17) ^ rotate(x, 19) ^ (x >>> 10);

/** Rounds 16 to 63 of a block whose words are all in the window. */
function laterRounds(compression: Compression, k: Local): Code {
  return doWhile(
    [k.set(i32.add(k.value, i32.const(256))), compression.rounds((t) => compression.nextWord(k, t))],
    i32.xor(k.value, i32.const(K_VECTORS + 768)),
  );
}

/** The schedule of the second block of the node at `from`. */
const scheduleOf = (from: Local, node: number): Code =>
  i32.add(i32.shiftLeft(i32.loadByte(from.value, 64 * node + 63), 8), i32.const(SCHEDULES));

const DOMAIN_WORD = 0x0100_0000;
const BELOW_DOMAIN = 0x00ff_ffff;

/** Moves the pointers to the next nodes, and says whether there are any. */
function next(from: Local, to: Local, rest: Local, nodes: number): { step: Code; more: Code } {
  return {
    step: [from.set(i32.add(from.value, i32.const(64 * nodes))), to.set(i32.add(to.value, i32.const(32 * nodes)))],
    more: rest.tee(i32.add(rest.value, i32.const(-1))),
  };
}

function hashEach(): WasmFunction {
  return defineFunction('hashEach', 3, ([from, to, rest], local) => {
    const [k, word, words] = [local(I32), local(I32), local(I32)];
    const compression = new Compression(singleWords, local);
    const { state, schedule } = compression;
    // Words are read a byte early, since the domain byte comes first.
    const before = i32.add(from!.value, i32.const(-1));
    const swapped = (value: Code): Code => [
      word.set(value),
      i32.or(
        i32.and(i32.rotateRight(word.value, 24), i32.const(0x00ff_00ff)),
        i32.and(i32.rotateRight(word.value, 8), i32.const(0xff00_ff00)),
      ),
    ];
    const { step, more } = next(from!, to!, rest!, 1);
    return doWhile(
      [
        schedule.map((w, t) => w.set(swapped(i32.load(before, 4 * t)))),
        schedule[0]!.set(i32.or(i32.and(schedule[0]!.value, i32.const(BELOW_DOMAIN)), i32.const(DOMAIN_WORD))),
        compression.begin(),
        k.set(i32.const(K_VECTORS)),
        compression.rounds((t) => compression.firstWord(k, t)),
        laterRounds(compression, k),
        compression.endBlock(),
        words.set(scheduleOf(from!, 0)),
        k.set(i32.const(K_VECTORS + 1024)),
        doWhile(
          [
            compression.rounds((t) => i32.load(words.value, 4 * t)),
            words.set(i32.add(words.value, i32.const(64))),
            k.set(i32.add(k.value, i32.const(-256))),
          ],
          k.value,
        ),
        compression.endBlock(),
        state.map((local, i) => i32.store(to!.value, swapped(local.value), 4 * i)),
        step,
      ],
      more,
    );
  });
}

/** Bytes of each word reversed. */
const SWAP_BYTES = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];
const swapBytes = (value: Code, scratch: Local): Code => [
  scratch.set(value),
  i32x4.shuffle(scratch.value, scratch.value, SWAP_BYTES),
];

/** Words of two vectors, numbered 0 to 3 and 4 to 7. */
const pick = (a: Code, b: Code, words: readonly number[]): Code =>
  i32x4.shuffle(
    a,
    b,
    words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]),
  );

/** Sets the four variables to the columns of the 4×4 matrix whose rows they are. */
function transpose(rows: readonly Local[], scratch: readonly Local[]): Code {
  const [r0, r1, r2, r3] = rows as [Local, Local, Local, Local];
  const [s0, s1, s2, s3] = scratch as [Local, Local, Local, Local];
  return [
    s0.set(pick(r0.value, r1.value, [0, 4, 1, 5])),
    s1.set(pick(r2.value, r3.value, [0, 4, 1, 5])),
    s2.set(pick(r0.value, r1.value, [2, 6, 3, 7])),
    s3.set(pick(r2.value, r3.value, [2, 6, 3, 7])),
    r0.set(pick(s0.value, s1.value, [0, 1, 4, 5])),
    r1.set(pick(s0.value, s1.value, [2, 3, 6, 7])),
    r2.set(pick(s2.value, s3.value, [0, 1, 4, 5])),
    r3.set(pick(s2.value, s3.value, [2, 3, 6, 7])),
  ];
}

function hashGroups(): WasmFunction {
  return defineFunction('hashGroups', 3, ([from, to, rest], local) => {
    const vectors = (count: number) => Array.from({ length: count }, () => local(V128));
    const lanes = [0, 1, 2, 3];
    const k = local(I32);
    const schedules = lanes.map(() => local(I32));
    const scratch = vectors(4);
    const compression = new Compression(fourLanes, local);
    const { state, schedule } = compression;
    const window = (quarter: number) => schedule.slice(4 * quarter, 4 * quarter + 4);
    const before = i32.add(from!.value, i32.const(-1));

    const loadFirstBlock = lanes.map((quarter) => [
      window(quarter).map((w, lane) => w.set(swapBytes(i32x4.load(before, 64 * lane + 16 * quarter), scratch[0]!))),
      transpose(window(quarter), scratch),
    ]);
    const w0 = schedule[0]!;
    const domain = w0.set(
      i32x4.or(i32x4.and(w0.value, fourLanes.constant(BELOW_DOMAIN)), fourLanes.constant(DOMAIN_WORD)),
    );
    const loadSchedule = (quarter: number) => [
      window(quarter).map((w, lane) => w.set(i32x4.load(schedules[lane]!.value, 16 * quarter))),
      transpose(window(quarter), scratch),
    ];
    const secondBlock = doWhile(
      [
        compression.rounds((t) => [t % 4 === 0 ? loadSchedule(t / 4) : [], schedule[t]!.value]),
        schedules.map((local) => local.set(i32.add(local.value, i32.const(64)))),
        k.set(i32.add(k.value, i32.const(-256))),
      ],
      k.value,
    );
    const store = [0, 4].map((half) => [
      transpose(state.slice(half, half + 4), scratch),
      lanes.map((lane) =>
        i32x4.store(to!.value, swapBytes(state[half + lane]!.value, scratch[0]!), 32 * lane + 4 * half),
      ),
    ]);
    const { step, more } = next(from!, to!, rest!, 4);
    return doWhile(
      [
        loadFirstBlock,
        domain,
        compression.begin(),
        k.set(i32.const(K_VECTORS)),
        compression.rounds((t) => compression.firstWord(k, t)),
        laterRounds(compression, k),
        compression.endBlock(),
        schedules.map((local, lane) => local.set(scheduleOf(from!, lane))),
        k.set(i32.const(K_VECTORS + 1024)),
        secondBlock,
        compression.endBlock(),
        store,
        step,
      ],
      more,
    );
  });
}
