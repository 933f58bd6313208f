/**
 * The compression function of SHA-256 (FIPS 180-4 §6.2.2) as WebAssembly, written once for single words and for vectors
 * of four.
 */
import { type Code, I32, i32, i32x4, type Local, V128, type ValueType } from './wasm-emitter.ts';

/** Fractional parts of the square roots of the first eight primes, FIPS 180-4 §5.3.3. */
const INITIAL = fractionsOfRoots(8, Math.sqrt);
/** Fractional parts of the cube roots of the first 64 primes, FIPS 180-4 §4.2.2. */
export const K = fractionsOfRoots(64, Math.cbrt);

function fractionsOfRoots(count: number, root: (value: number) => number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  // Doubles carry 53 bits, and no root here needs more than 3 + 32 of them.
  return primes.map((prime) => Math.floor((root(prime) % 1) * 2 ** 32) | 0);
}

/** The arithmetic of FIPS 180-4 §4.1.2 over single words, or over four of them. */
export interface Words {
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

export const singleWords: Words = {
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

export const fourLanes: Words = {
  ...i32x4,
  type: V128,
  constant: (value) => i32x4.splat(i32.const(value)),
  // There is no rotation of lanes, and all halves may as well be XORed at once. This order needs the fewest variables at
  // a time: as a balanced tree it takes a quarter longer, since registers run out.
  rotations: (a, ...bits) =>
    xorAll(i32x4, [
      ...bits.map((n) => i32x4.shiftRight(a.value, n)),
      ...bits.map((n) => i32x4.shiftLeft(a.value, 32 - n)),
    ]),
  roundConstant: (k, t) => i32x4.load(k.value, 16 * t),
};

/** Writes the compression function, FIPS 180-4 §6.2.2, over variables of one function. */
export class Compression {
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
