/**
 * Writes small WebAssembly modules (W3C WebAssembly Core 2.0, binary format §5): one memory, functions over i32 and
 * v128, nothing else. Instructions are built as expressions, operands first, so that code reads as arithmetic.
 */

/** Instructions in the order in which they run, nested as they were built. */
export type Code = number | readonly Code[];

/** A value type, §5.3. */
export const I32 = 0x7f;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof V128;

/** Unsigned LEB128, §5.2.2; for values below 2^32. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer, §5.2.2. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 0x7f;
    const isLast = rest >> 6 === 0 || rest >> 6 === -1;
    bytes.push(isLast ? low : low + 0x80);
    if (isLast) return bytes;
  }
}

/** Alignment hint 0 (any) and a constant offset, §5.4.6. */
const memory = (offset: number): Code => [0, unsigned(offset)];

const simd = (opcode: number, ...operands: Code[]): Code => [...operands, 0xfd, unsigned(opcode)];

/** A local variable, parameters first. */
export class Local {
  readonly type: ValueType;
  readonly #index: number[];

  constructor(type: ValueType, index: number) {
    this.type = type;
    this.#index = unsigned(index);
  }
  get value(): Code {
    return [0x20, this.#index];
  }
  set(value: Code): Code {
    return [value, 0x21, this.#index];
  }
  /** Sets the variable, and is its new value. */
  tee(value: Code): Code {
    return [value, 0x22, this.#index];
  }
}

/** §5.4.3, §5.4.6, §5.4.7: 32-bit integers. */
export const i32 = {
  const: (value: number): Code => [0x41, signed(value)],
  add: (a: Code, b: Code): Code => [a, b, 0x6a],
  and: (a: Code, b: Code): Code => [a, b, 0x71],
  or: (a: Code, b: Code): Code => [a, b, 0x72],
  xor: (a: Code, b: Code): Code => [a, b, 0x73],
  shiftLeft: (a: Code, bits: number): Code => [a, i32.const(bits), 0x74],
  shiftRight: (a: Code, bits: number): Code => [a, i32.const(bits), 0x76],
  rotateRight: (a: Code, bits: number): Code => [a, i32.const(bits), 0x78],
  load: (address: Code, offset = 0): Code => [address, 0x28, memory(offset)],
  loadByte: (address: Code, offset = 0): Code => [address, 0x2d, memory(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, 0x36, memory(offset)],
};

/** §5.4.8: vectors of four 32-bit integers. */
export const i32x4 = {
  splat: (a: Code): Code => simd(17, a),
  add: (a: Code, b: Code): Code => simd(174, a, b),
  and: (a: Code, b: Code): Code => simd(78, a, b),
  or: (a: Code, b: Code): Code => simd(80, a, b),
  xor: (a: Code, b: Code): Code => simd(81, a, b),
  shiftLeft: (a: Code, bits: number): Code => simd(171, a, i32.const(bits)),
  shiftRight: (a: Code, bits: number): Code => simd(173, a, i32.const(bits)),
  load: (address: Code, offset = 0): Code => [address, 0xfd, 0, memory(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, 0xfd, 11, memory(offset)],
  /** Picks 16 bytes out of the 32 of both. */
  shuffle: (a: Code, b: Code, bytes: readonly number[]): Code => [a, b, 0xfd, 13, bytes],
};

/** Runs the body, and again as long as the condition then holds (§5.4.1: loop, br_if). */
export const doWhile = (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];

/** A function without a result. */
export interface WasmFunction {
  name: string;
  parameters: number;
  locals: Local[];
  body: Code;
}

/** Builds a function whose parameters are `parameters` i32 values; `local` makes further variables. */
export function defineFunction(
  name: string,
  parameters: number,
  write: (parameters: Local[], local: (type: ValueType) => Local) => Code,
): WasmFunction {
  const given = Array.from({ length: parameters }, (_, i) => new Local(I32, i));
  const locals: Local[] = [];
  const local = (type: ValueType): Local => {
    const made = new Local(type, parameters + locals.length);
    locals.push(made);
    return made;
  };
  const body = write(given, local);
  return { name, parameters, locals, body };
}

/** §5.5: a module that imports its memory as `env.memory` and exports each function under its name. */
export function encodeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, vector(Array(parameters).fill(I32)), vector([])]);
  const memoryImport = [name('env'), name('memory'), 0x02, 0x00, unsigned(1)];
  const exports = functions.map((one, i) => [name(one.name), 0x00, unsigned(i)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = flatten([vector(locals.map(({ type }) => [1, type])), body, 0x0b]);
    return flatten(unsigned(code.length)).concat(code);
  });
  const code = flatten(unsigned(bodies.length)).concat(...bodies);
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, vector(types)),
      section(2, vector([memoryImport])),
      section(3, vector(functions.map((_, i) => unsigned(i)))),
      section(7, vector(exports)),
      [10, unsigned(code.length)],
    ]).concat(code),
  );
}

function section(id: number, content: Code): Code {
  const bytes = flatten(content);
  return [id, unsigned(bytes.length), bytes];
}

function vector(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

function name(text: string): Code {
  return vector([...text].map((character) => character.charCodeAt(0)));
}

function flatten(code: Code, into: number[] = []): number[] {
  if (typeof code === 'number') into.push(code);
  else for (let i = 0; i < code.length; i++) flatten(code[i]!, into);
  return into;
}
