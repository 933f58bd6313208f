/** `countersign erase`: erases a payload, for good, and logs that it was. */
import { fromHex, toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { assertReason } from '../entry/submission/erased-statement.ts';
import type { ErasureTarget } from '../log/erasure.ts';
import { erasePayload } from '../threads/erase-payload.ts';
import { dataPaths } from '../threads/paths.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Output, writeResult } from './output.ts';

export interface EraseOptions {
  data: string;
  /** Exactly one of `index` and `payload` is given. */
  index?: number;
  /** Hex SHA-256. */
  payload?: string;
  reason: string;
  /** Without it nothing is erased, and what would be is shown. */
  yes?: boolean;
  /** Default: below `data`. */
  keys?: string;
  /** Default: in the user's state folder. */
  anchor?: string;
}

export async function runErase(options: EraseOptions, output: Output): Promise<ExitCode> {
  const { data, keys, anchor, reason, yes = false } = options;
  const target = targetOf(options);
  assertReason(reason);
  const settings = {
    paths: dataPaths(data, keys),
    ...{ anchor, origin: undefined, acceptHead: undefined, reserveBytes: 0, signerLimit: undefined },
  };
  const { identity, erasable, head } = await erasePayload(settings, target, yes ? reason : undefined);
  const { payloadSha256, leaves, length } = erasable;
  const indexes = leaves.map(({ index }) => index);
  const { origin } = identity;
  const result = { origin, payloadSha256: toHex(payloadSha256), length, leaves: indexes };
  const what = [`  SHA-256  ${toHex(payloadSha256)}`, `  entries  ${indexes.join(', ')}`];
  if (head === undefined) {
    const text = [`nothing is erased yet: it would be a payload of ${length} bytes in the log ${origin}`, ...what];
    const end = 'It goes for good, the reason stays readable for ever: say so with --yes.';
    writeResult(output, { ...result, erased: false }, [...text, end].join('\n'));
    return EXIT.usage;
  }
  const erasedAt = head.size - 1;
  const text = [
    `erased a payload of ${length} bytes from the log ${origin}: entry ${erasedAt} says so`,
    ...what,
    'Leaves and proofs stay. Backups, snapshots and readers may have copies: docs/erasure.md names them.',
  ];
  writeResult(
    output,
    { ...result, erased: true, erasedAt, size: head.size, rootHash: toHex(head.root) },
    text.join('\n'),
  );
  return EXIT.done;
}

function targetOf({ index, payload }: EraseOptions): ErasureTarget {
  if (index !== undefined && payload === undefined) return { index };
  if (payload !== undefined && index === undefined) return { payloadSha256: fromHex(payload) };
  throw new LogError('usage', 'say which payload: either --index N or --payload SHA256');
}
