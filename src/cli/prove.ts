/** `countersign prove`: fetches and verifies inclusion and consistency proofs. */
import { parseDecimal, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { formatTlogProof } from '../core/tlog-proof.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { replaceFile } from './files.ts';
import { type Output, writeResult } from './output.ts';
import { connect, type RemoteOptions } from './remote.ts';

export interface ProveOptions extends RemoteOptions {
  size?: string;
  /** Two sizes instead of an entry. */
  consistency?: true;
  /** File for a C2SP tlog-proof. */
  output?: string;
}

export async function runProve(numbers: readonly string[], options: ProveOptions, output: Output): Promise<ExitCode> {
  if (options.consistency) return proveConsistency(numbers, options, output);
  if (numbers.length !== 1) throw new LogError('usage', 'prove takes one index, or --consistency and two sizes');
  const index = readNumber(numbers[0]!, 'the index');
  const size = options.size === undefined ? undefined : readNumber(options.size, 'the size');
  if (size !== undefined && index >= size) throw new LogError('usage', 'the index must be below the size');
  const client = await connect(options, output.io);
  const proof = await client.inclusionProof({ index }, { size, signal: output.io.signal });
  if (options.output !== undefined) {
    if (!proof.exact) {
      throw new LogError(
        'not_found',
        'the log has signed no checkpoint of that size, so there is none for a proof file',
      );
    }
    const { hashes, checkpoint } = proof;
    await replaceFile(options.output, formatTlogProof({ index, hashes, checkpoint: checkpoint.note }));
  }
  const hashes = proof.hashes.map(toHex);
  writeResult(
    output,
    {
      index,
      leafHash: toHex(proof.leafHash),
      treeSize: proof.treeSize,
      rootHash: toHex(proof.rootHash),
      hashes,
      checkpoint: proof.checkpoint.note,
      checkpointSize: proof.checkpoint.size,
    },
    [
      `entry ${index} is in the tree of ${proof.treeSize} entries of ${proof.checkpoint.origin}`,
      `leaf  ${toHex(proof.leafHash)}`,
      ...hashes.map((hash) => `      ${hash}`),
      `root  ${toHex(proof.rootHash)}`,
    ].join('\n'),
  );
  return EXIT.done;
}

async function proveConsistency(numbers: readonly string[], options: ProveOptions, output: Output): Promise<ExitCode> {
  if (numbers.length !== 2) throw new LogError('usage', 'prove --consistency takes two sizes');
  const [first, second] = numbers.map((number) => readNumber(number, 'the size')) as [number, number];
  if (first < 1 || first > second)
    throw new LogError('usage', 'the first size must be 1 or more, and not above the second');
  const client = await connect(options, output.io);
  const { signal } = output.io;
  const [before, after] = [await client.head(first, { signal }), await client.head(second, { signal })];
  const hashes = (await client.consistencyProof(before, after, { signal })).map(toHex);
  const [firstRoot, secondRoot] = [toHex(before.root), toHex(after.root)];
  writeResult(
    output,
    { first, second, firstRoot, secondRoot, hashes, checkpoint: after.checkpoint.note },
    [
      `the tree of ${second} entries of ${after.checkpoint.origin} begins with the tree of ${first} entries`,
      `root of ${first}  ${firstRoot}`,
      ...hashes.map((hash) => `  ${hash}`),
      `root of ${second}  ${secondRoot}`,
    ].join('\n'),
  );
  return EXIT.done;
}

function readNumber(text: string, name: string): number {
  const number = parseDecimal(text);
  if (number === undefined) throw new LogError('usage', `${name} must be a whole number of 0 or more, below 2^53`);
  return number;
}
