/** `countersign tail`: follows the entries of a log, each proved to be in it. */
import { followEntries } from '../client/entries.ts';
import { EntryFeed, type FeedEntry } from '../client/entry-feed.ts';
import { LogMisbehaviour } from '../client/follow.ts';
import { TileClient } from '../client/tile-client.ts';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { withEvidence } from './evidence-file.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, writeResult } from './output.ts';
import { connect, type RemoteOptions, transportOptions } from './remote.ts';
import { given } from './usage.ts';

export interface TailOptions extends RemoteOptions {
  logKey: string;
  /** Index of the first entry; those to come where it is not given. */
  from?: number;
  /** Ends after so many entries. */
  count?: number;
}

export async function runTail(options: TailOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  const client = await connect(options, io);
  const feed = await feedFrom(options, output);
  let seen = 0;
  try {
    for await (const { entries, checkpoint } of followEntries(client, feed, { signal: io.signal })) {
      for (const entry of entries) {
        report(entry, checkpoint.size, output);
        if (++seen === options.count) return EXIT.done;
      }
    }
  } catch (error) {
    if (error instanceof LogMisbehaviour) throw await withEvidence(error, error.evidence.origin, output);
    throw error;
  }
  return EXIT.done;
}

/** The tree of all entries before the first that is followed, proved to be the beginning of the newest one. */
async function feedFrom(options: TailOptions, { io }: Output): Promise<EntryFeed> {
  if (options.from === 0) return new EntryFeed();
  const transport = await transportOptions(options, io);
  const { logKey: verifierKey, timeKey: timeVerifierKey, origin } = options;
  const tiles = given('the key of the log', () => {
    return new TileClient({ ...transport, verifierKey, timeVerifierKey, origin });
  });
  const head = await tiles.checkpoint({ signal: io.signal });
  const from = options.from ?? head.size;
  if (from > head.size) throw new LogError('not_yet_published', `the log has ${head.size} entries`);
  const { range } = await tiles.rangeAt(from, head, { signal: io.signal });
  return new EntryFeed(range, [head]);
}

function report({ index, leafHash, statedUnverified }: FeedEntry, treeSize: number, output: Output): void {
  const { kind, predicateType, subjects, signers, eventIds } = statedUnverified;
  const said = [kind, predicateType].filter((word) => typeof word === 'string').join('  ');
  writeResult(
    output,
    {
      index,
      leafHash: toHex(leafHash),
      treeSize,
      statedUnverified: { kind, predicateType, subjects, signers, eventIds },
    },
    `${String(index).padStart(9)}  ${toHex(leafHash)}  ${printable(said)}`,
  );
}

/** The log's words are somebody else's text. */
function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, 200);
}
