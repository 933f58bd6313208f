/** The file of what lies beside the leaves of one bundle: a line for each entry that has anything, and each checkpoint. */
import { LogError } from '../core/errors.ts';
import type { MirrorEntry } from '../http/mirror/mirror-page.ts';
import { besideName, type MirrorFiles } from './mirror-files.ts';

/** A checkpoint as it was first signed for its size. */
export interface BesideNote {
  size: number;
  note: string;
}

export type BesideLine = MirrorEntry | BesideNote;

export function isNote(line: BesideLine): line is BesideNote {
  return 'note' in line;
}

/** In the order in which they were written: the entries and notes of one part of the bundle after those of another. */
export async function* besideLines(files: MirrorFiles, bundle: number): AsyncGenerator<BesideLine> {
  const name = besideName(bundle);
  for await (const line of files.lines(name)) {
    let read: BesideLine;
    try {
      read = JSON.parse(line) as BesideLine;
    } catch (cause) {
      throw new LogError('corrupt', `${files.pathOf(name)} is damaged`, { cause });
    }
    yield read;
  }
}

export async function writeBeside(files: MirrorFiles, bundle: number, lines: AsyncIterable<BesideLine>): Promise<void> {
  await files.write(besideName(bundle), textOf(lines));
}

async function* textOf(lines: AsyncIterable<BesideLine>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}
