/**
 * `countersign pin-set`: states what the workflow and lock files of a revision point to, for the pipeline to sign and
 * log. Provenance as builders write it lists hardly any of that.
 */
import { utf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { PIN_SET_PREDICATE } from '../entry/predicate/pin-set.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { createFile } from './files.ts';
import { type Output, printable, remark, writeResult } from './output.ts';
import { findPins } from './pins/find-pins.ts';
import type { Pin } from './pins/pin.ts';
import { countersigned, unsigned } from './signed-statement.ts';
import { readPrivateKey } from './signing-event.ts';

export interface PinSetOptions {
  /** The revision that the folder holds, lower-case hexadecimal. */
  commit: string;
  /** File of the key that signs; without it the statement is written for others to sign. */
  sign?: string;
  out?: string;
}

export async function runPinSet(
  folder: string,
  { commit, sign, out }: PinSetOptions,
  output: Output,
): Promise<ExitCode> {
  const { io } = output;
  const { pins, read, unread } = await findPins(folder);
  if (read.length === 0) {
    throw new LogError(
      'usage',
      `there is nothing in ${folder} that pins anything: no workflow, no Dockerfile, no lock file`,
    );
  }
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { gitCommit: commit } }],
    predicateType: PIN_SET_PREDICATE,
    predicate: { pins, ...(unread.length > 0 && { unread }) },
  };
  const signer = sign === undefined ? undefined : await readPrivateKey(sign);
  const made = signer === undefined ? statement : countersigned(unsigned(utf8(JSON.stringify(statement))), signer);
  const text = `${JSON.stringify(made, undefined, signer === undefined ? 2 : undefined)}\n`;
  if (out !== undefined) await createFile(out, text);
  const loose = pins.filter(({ digest }) => digest === undefined);
  const counts = { commit, pinned: pins.length - loose.length, read, unread, unpinned: loose };
  const summary = `${out}: ${pins.length} pins in ${read.length} files, ${loose.length} of them without a digest`;
  writeResult(
    output,
    signer === undefined ? { statement, ...counts } : { ...made, ...counts },
    out === undefined ? text.trimEnd() : printable(summary),
  );
  if (output.format === 'text') {
    for (const one of loose) remark(io, `Mind: ${printable(looseText(one))}.`);
    for (const path of unread) remark(io, `Mind: ${printable(path)} is not read: what it pins is left out.`);
  }
  return EXIT.done;
}

function looseText({ at, uri, name }: Pin): string {
  return `${at}: ${uri ?? name ?? 'something'} is not pinned by a digest`;
}
