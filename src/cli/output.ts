/** How results and errors are written: text for people, JSON with a schema for programs. */
import picocolors from 'picocolors';
import { isLogError, type LogError } from '../core/errors.ts';
import type { Io } from './io.ts';

export const FORMATS = ['text', 'json', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** Where a command writes. `command` names the schema: `countersign/<command>/v1`. */
export interface Output {
  readonly io: Io;
  readonly command: string;
  readonly format: Format;
  /** Stands beside the error in JSON, so that one look tells the outcome: `{"verified": false}`. */
  readonly failure?: Result;
}

/** A result as JSON sees it. Byte strings are hexadecimal in it already. */
export type Result = Record<string, unknown>;

/** Writes one result: the text as it is, or the value with its schema. */
export function writeResult(output: Output, value: Result, text: string): void {
  if (output.format === 'text') output.io.stdout.write(`${text}\n`);
  else {
    const indent = output.format === 'json' ? 2 : undefined;
    output.io.stdout.write(`${JSON.stringify({ schema: schemaOf(output), ...value }, undefined, indent)}\n`);
  }
}

/** Writes many results under one schema: a line each, or one JSON object that names them all at the end. */
export class ResultList {
  readonly #output: Output;
  readonly #name: string;
  /** For `json` only: what has been written so far, so that the commas fall right. */
  #count = 0;

  /** @param name the member of the JSON object that holds the results */
  constructor(output: Output, name: string) {
    this.#output = output;
    this.#name = name;
  }

  add(value: Result, text: string): void {
    if (this.#output.format !== 'json') writeResult(this.#output, value, text);
    else {
      const before = this.#count === 0 ? this.#opening() : ',\n';
      this.#output.io.stdout.write(`${before}    ${JSON.stringify(value)}`);
    }
    this.#count++;
  }

  /** Called once, after the last result. */
  end(): void {
    if (this.#output.format !== 'json') return;
    this.#output.io.stdout.write(`${this.#count === 0 ? this.#opening() : ''}\n  ]\n}\n`);
  }

  /** Instead of `end` where an error ends the list: what was begun is closed, so that it can be read. */
  abandon(): void {
    if (this.#count > 0) this.end();
  }

  #opening(): string {
    return `{\n  "schema": ${JSON.stringify(schemaOf(this.#output))},\n  ${JSON.stringify(this.#name)}: [\n`;
  }
}

/** Tells people on stderr; programs that asked for JSON get code and reason on stdout too. */
export function writeError(output: Output, error: unknown): void {
  const { code, message, at } = describeError(error);
  output.io.stderr.write(`${paint(output.io).red('countersign:')} ${message}${at ? ` (${at})` : ''}\n`);
  if (output.format !== 'text') writeResult(output, { ...output.failure, error: { code, message, at } }, '');
}

/** A remark for people, on stderr. */
export function remark(io: Io, text: string): void {
  io.stderr.write(`${text}\n`);
}

/** Colours for stderr: only where a person watches, and never where NO_COLOR is set (no-color.org). */
function paint(io: Io): ReturnType<typeof picocolors.createColors> {
  return picocolors.createColors(io.interactive && (io.env.NO_COLOR ?? '') === '');
}

/** Code and message of an error; a defect of this program is called so, with its stack for the report. */
export function describeError(error: unknown): Pick<LogError, 'code' | 'message' | 'at'> {
  if (isLogError(error)) {
    return { code: error.code, message: printable(error.message), at: error.at && printable(error.at) };
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'internal', message: `this is a defect of countersign: ${printable(detail)}`, at: undefined };
}

/** Text of others, made safe for a terminal: control characters, bidirectional overrides and the like are shown escaped. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

function schemaOf(output: Output): string {
  return `countersign/${output.command}/v1`;
}
