/**
 * SHA-256 of Merkle tree nodes, SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1, FIPS 180-4 §6.2), as WebAssembly: four
 * nodes at a time in the lanes of SIMD vectors, and one at a time for what is left over. Assembled here, when it is
 * first wanted; there is no binary and no toolchain.
 *
 * A node is 65 bytes and so two blocks. The first is the domain byte and all but one byte of the hashes. Of the second
 * only the first byte varies, so its message schedule is one of 256, which lie ready in a table, K added.
 */
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
  type ValueType,
  type WasmFunction,
} from './wasm-emitter.ts';

/** Fractional parts of the square roots of the first eight primes, FIPS 180-4 §5.3.3. */
const INITIAL = fractionsOfRoots(8, Math.sqrt);
/** Fractional parts of the cube roots of the first 64 primes, FIPS 180-4 §4.2.2. */
const K = fractionsOfRoots(64, Math.cbrt);

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

function fractionsOfRoots(count: number, root: (value: number) => number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  // Doubles carry 53 bits, and no root here needs more than 3 + 32 of them.
  return primes.map((prime) => Math.floor((root(prime) % 1) * 2 ** 32) | 0);
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

/** The arithmetic of FIPS 180-4 §4.1.2 over single words, or over four of them. */
interface Words {
  type: ValueType;
  constant(value: number): Code;
  add(a: Code, b: Code): Code;
  and(a: Code, b: Code): Code;
  xor(a: Code, b: Code): Code;
  shiftRight(a: Code, bits: number): Code;
  /** XOR of the word rotated right by each of these; `a` is read several times. */
  rotations(a: Local, ...bits: number[]): Code;
  /** K[t + the 16 rounds' start], which lies at `k`. */
  roundConstant(k: Local, t: number): Code;
}

const xorAll = ({ xor }: Pick<Words, 'xor'>, parts: Code[]): Code => parts.reduce((a, b) => xor(a, b));

const scalar: Words = {
  ...i32,
  type: I32,
  constant: i32.const,
  rotations: (a, ...bits) =>
    xorAll(
      i32,
      bits.map((n) => i32.rotateRight(a.value, n)),
    ),
  roundConstant: (k, t) => i32.load(k.value, 16 * t),
};

const vector: Words = {
  ...i32x4,
  type: V128,
  constant: (value) => i32x4.splat(i32.const(value)),
  // There is no rotation of lanes. Both halves of each are XORed as they come, which saves the ORs.
  rotations: (a, ...bits) =>
    xorAll(i32x4, [
      ...bits.map((n) => i32x4.shiftRight(a.value, n)),
      ...bits.map((n) => i32x4.shiftLeft(a.value, 32 - n)),
    ]),
  roundConstant: (k, t) => i32x4.load(k.value, 16 * t),
};

/** Writes the compression function, FIPS 180-4 §6.2.2, over variables of one function. */
class Compression {
  readonly #words: Words;
  /** a to h; the rounds rename them instead of moving them. */
  readonly #state: Local[];
  /** The state before the block. */
  readonly #before: Local[];
  /** a ⊕ b of the round before, which is b ⊕ c of this one. */
  readonly #aXorB: Local;
  readonly #bXorC: Local;
  /** What a round adds to both d and h, in two parts: Σ1 comes late, and joins d last. */
  readonly #sum: Local;
  readonly #sigma1: Local;
  /** The message schedule's window of 16 words. */
  readonly schedule: Local[];

  constructor(words: Words, local: (type: ValueType) => Local) {
    const make = (count: number) => Array.from({ length: count }, () => local(words.type));
    this.#words = words;
    this.#state = make(8);
    this.#before = make(8);
    this.schedule = make(16);
    [this.#aXorB, this.#bXorC, this.#sum, this.#sigma1] = make(4) as [Local, Local, Local, Local];
  }

  begin(): Code {
    const { constant } = this.#words;
    return this.#before.map((local, i) => [local.set(constant(INITIAL[i]!)), this.#state[i]!.set(local.value)]);
  }

  /** Adds the state before the block, FIPS 180-4 §6.2.2 step 4, and begins the next one. */
  endBlock(): Code {
    return this.#before
      .map((before, i) => before.tee(this.#words.add(before.value, this.#state[i]!.value)))
      .map((value, i) => this.#state[i]!.set(value));
  }

  /** Sixteen rounds; `constantAndWord(t)` is K[t] + W[t]. Any number of sixteens may follow each other in a loop. */
  rounds(constantAndWord: (t: number) => Code): Code {
    const { xor } = this.#words;
    const [, b, c] = this.#state;
    const code: Code[] = [this.#bXorC.set(xor(b!.value, c!.value))];
    for (let t = 0; t < 16; t++) code.push(this.#round(t, constantAndWord(t)));
    return code;
  }

  /** K[t] + W[t] of the block's first sixteen words. */
  firstWord(k: Local, t: number): Code {
    return this.#words.add(this.#words.roundConstant(k, t), this.schedule[t]!.value);
  }

  /** K[t] + W[t] of later words, FIPS 180-4 §6.2.2 step 1; moves the window on. */
  nextWord(k: Local, t: number): Code {
    const { add, rotations, shiftRight, xor, roundConstant } = this.#words;
    const w = (back: number) => this.schedule[(t + 16 - back) % 16]!;
    const sigma0 = xor(rotations(w(15), 7, 18), shiftRight(w(15).value, 3));
    const sigma1 = xor(rotations(w(2), 17, 19), shiftRight(w(2).value, 10));
    const next = add(add(w(16).value, w(7).value), add(sigma0, sigma1));
    return add(roundConstant(k, t), w(16).tee(next));
  }

  #round(t: number, constantAndWord: Code): Code {
    const { add, and, xor, rotations } = this.#words;
    const at = (name: number) => this.#state[(name + 16 - t) % 8]!;
    const [a, b, d, e, f, g, h] = [at(0), at(1), at(3), at(4), at(5), at(6), at(7)];
    const [aXorB, bXorC] = t % 2 === 0 ? [this.#aXorB, this.#bXorC] : [this.#bXorC, this.#aXorB];
    const choose = xor(g.value, and(e.value, xor(f.value, g.value)));
    const majority = xor(b.value, and(aXorB.tee(xor(a.value, b.value)), bXorC.value));
    return [
      this.#sum.set(add(add(h.value, constantAndWord), choose)),
      this.#sigma1.set(rotations(e, 6, 11, 25)),
      d.set(add(add(d.value, this.#sum.value), this.#sigma1.value)),
      h.set(add(add(this.#sum.value, majority), add(this.#sigma1.value, rotations(a, 2, 13, 22)))),
    ];
  }

  get state(): readonly Local[] {
    return this.#state;
  }
}

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
    const compression = new Compression(scalar, local);
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
    const compression = new Compression(vector, local);
    const { state, schedule } = compression;
    const window = (quarter: number) => schedule.slice(4 * quarter, 4 * quarter + 4);
    const before = i32.add(from!.value, i32.const(-1));

    const loadFirstBlock = lanes.map((quarter) => [
      window(quarter).map((w, lane) => w.set(swapBytes(i32x4.load(before, 64 * lane + 16 * quarter), scratch[0]!))),
      transpose(window(quarter), scratch),
    ]);
    const w0 = schedule[0]!;
    const domain = w0.set(i32x4.or(i32x4.and(w0.value, vector.constant(BELOW_DOMAIN)), vector.constant(DOMAIN_WORD)));
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
