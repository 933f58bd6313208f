/**
 * `countersign signers`: a register of machine identities, made from all of a log's leaves, each proved to be in its
 * tree. What a certificate names, its holder says: no chain is judged.
 */
import type { LogClient } from '../client/log-client.ts';
import { TileClient } from '../client/tile-client.ts';
import { toHex } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { type RegisteredSigner, SignerRegister } from '../evidence/facts/signer-register.ts';
import type { Policy } from '../evidence/policy/policy.ts';
import { isNamed, signersIn } from '../evidence/policy/signers.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { holderText } from './identity-text.ts';
import { type Output, printable, ResultList, remark } from './output.ts';
import { loadPolicy } from './policy-file.ts';
import { startProgress } from './progress.ts';
import { connect, type RemoteOptions, transportOptions } from './remote.ts';
import { given } from './usage.ts';

export interface SignersOptions extends RemoteOptions {
  logKey: string;
  policy?: string;
  unowned?: true;
  /** Seconds. */
  unused?: number;
}

interface Listed extends RegisteredSigner {
  /** POSIX seconds, log time; undefined where the time key is not known. */
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
  /** Undefined without a policy; null where the policy names nobody who answers for it. */
  readonly owner: string | null | undefined;
}

/** Signers whose times are asked for at once. */
const AT_ONCE = 16;

export async function runSigners(options: SignersOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  if (options.unowned && options.policy === undefined) {
    throw new LogError('usage', '--unowned needs the policy that names owners: --policy FILE');
  }
  if (options.unused !== undefined && options.timeKey === undefined) {
    throw new LogError('usage', "--unused goes by the log's time, whose key is needed: --time-key VKEY");
  }
  const policy = options.policy === undefined ? undefined : await loadPolicy(options.policy, io);
  const client = await connect(options, io);
  const { head, register } = await readRegister(options, output);
  const results = new ResultList(output, 'signers');
  let shown = 0;
  for (let at = 0; at < register.signers.length; at += AT_ONCE) {
    const some = register.signers.slice(at, at + AT_ONCE);
    for (const one of await Promise.all(some.map((signer) => listed(signer, client, policy, io.signal)))) {
      if (options.unowned && one.owner !== null) continue;
      if (options.unused !== undefined && !isUnused(one, head.time, options.unused)) continue;
      results.add({ ...one }, textOf(one));
      shown++;
    }
  }
  results.end();
  remark(io, `${shown} of ${register.signers.length} signers of ${head.size} entries, root ${toHex(head.root)}`);
  return EXIT.done;
}

async function readRegister(options: SignersOptions, { io }: Output) {
  const { logKey: verifierKey, timeKey: timeVerifierKey, origin } = options;
  const transport = await transportOptions(options, io);
  const tiles = given('the key of the log', () => {
    return new TileClient({ ...transport, verifierKey, timeVerifierKey, origin });
  });
  const head = await tiles.checkpoint({ signal: io.signal });
  const register = new SignerRegister();
  const progress = await startProgress(io, 'entries');
  try {
    for await (const { index, leaf } of tiles.leaves(0, head.size, head, { signal: io.signal })) {
      register.add(index, leaf);
      if (index % 1000 === 0) progress.update(index, head.size);
    }
  } finally {
    progress.stop();
  }
  return { head, register };
}

async function listed(
  signer: RegisteredSigner,
  client: LogClient,
  policy: Policy | undefined,
  signal: AbortSignal,
): Promise<Listed> {
  const [first, last] = await Promise.all([
    client.checkpointCovering(signer.first, { signal }),
    client.checkpointCovering(signer.last, { signal }),
  ]);
  const named = policy && signersIn(policy.document.trust).filter((one) => isNamed(one, signer));
  const owner = named && (named.find((one) => one.owner !== undefined)?.owner ?? null);
  return { ...signer, firstTime: first.time, lastTime: last.time, owner };
}

function isUnused({ lastTime }: Listed, now: number | undefined, seconds: number): boolean {
  return lastTime !== undefined && now !== undefined && lastTime < now - seconds;
}

function textOf({
  key,
  names,
  issuer,
  entries,
  first,
  last,
  firstTime,
  lastTime,
  owner,
  repositories,
}: Listed): string {
  const who = key === undefined ? `${holderText({ names, issuer })} (chain: unverified)` : `key ${key}`;
  const span = first === last ? `[${first}]` : `[${first} to ${last}]`;
  const times = [...new Set([firstTime, lastTime].flatMap((time) => (time === undefined ? [] : [dayOf(time)])))];
  const lines = [who, `  ${entries} ${entries === 1 ? 'entry' : 'entries'} ${span}  ${times.join(' to ')}`.trimEnd()];
  if (owner !== undefined) lines.push(`  owner  ${owner === null ? 'nobody' : printable(owner)}`);
  if (repositories.length > 0) lines.push(`  builds ${repositories.map(printable).join(', ')}`);
  return lines.join('\n');
}

function dayOf(time: number): string {
  return new Date(time * 1000).toISOString().slice(0, 10);
}
