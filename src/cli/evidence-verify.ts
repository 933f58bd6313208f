/** `countersign evidence verify`: convicts a log of misbehaviour, offline. */
import { toHex } from '../core/bytes.ts';
import { type Conviction, convict, parseEvidence } from '../core/misbehaviour.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { readText } from './files.ts';
import { type Output, writeResult } from './output.ts';

export interface EvidenceVerifyOptions {
  /** The key that the user knows the log by. */
  logKey?: string;
}

/** Exit code 0 where the evidence holds: what was checked is true, however bad the news. */
export async function runEvidenceVerify(
  file: string,
  { logKey }: EvidenceVerifyOptions,
  output: Output,
): Promise<ExitCode> {
  const conviction = convict(parseEvidence(await readText(file)), logKey);
  const { origin, verifierKey, kind, signed, otherRoot } = conviction;
  writeResult(
    output,
    {
      convicted: true,
      origin,
      verifierKey,
      keyWasGiven: logKey !== undefined,
      kind,
      signed: signed.map(({ size, root }) => ({ size, rootHash: toHex(root) })),
      otherRootHash: toHex(otherRoot),
    },
    textOf(conviction, logKey !== undefined),
  );
  return EXIT.done;
}

function textOf(
  { origin, verifierKey, kind, signed: [first, second], otherRoot }: Conviction,
  isKnown: boolean,
): string {
  const found =
    kind === 'two-roots'
      ? [
          `  It signed two trees of ${first.size} entries:`,
          `    root ${toHex(first.root)}`,
          `    root ${toHex(second.root)}`,
        ]
      : [
          `  It signed a tree of ${first.size} entries, and one of ${second.size} that does not begin with it:`,
          `    signed at ${first.size}      root ${toHex(first.root)}`,
          `    within the larger  root ${toHex(otherRoot)}`,
        ];
  const key = isKnown
    ? 'the key that you gave'
    : 'the key in the file; give --log-key to compare it with the one you know';
  return [`${origin} is convicted: both cannot be true.`, ...found, `  signed by ${verifierKey}`, `  (${key})`].join(
    '\n',
  );
}
