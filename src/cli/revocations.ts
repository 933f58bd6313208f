/** `countersign revocations`: replicates a log's control statements, verifies them, and shows what is in effect. */
import type { RevocationEvent, RevocationFeed } from '../client/revocation-feed.ts';
import { followRevocations, replicateRevocations, type VerifiedFeed } from '../client/revocations.ts';
import { taintedEntries } from '../client/tainted.ts';
import { toHex } from '../core/bytes.ts';
import { type ControlEvent, writeControlStatement } from '../entry/control/control-statement.ts';
import type { Outcome } from '../evidence/revocation/revocation-state.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { holderText } from './identity-text.ts';
import { type Output, printable, type Result, ResultList, remark } from './output.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { judge, readAuthorityFile, stateOf } from './verified-standing.ts';

export interface RevocationsOptions extends RemoteOptions {
  /** Files of first authorities that you trust, whatever the log's operator says. */
  authority?: string[];
  /** Go on as the log goes on. */
  follow?: true;
  /** Position of a dependency-taint: show what it reaches instead. */
  affected?: number;
}

export async function runRevocations(options: RevocationsOptions, output: Output): Promise<ExitCode> {
  const { io } = output;
  if (options.affected !== undefined) return showAffected(options, options.affected, output);
  const authorities = await Promise.all((options.authority ?? []).map(readAuthorityFile));
  const client = await connect(options, io);
  const verified = await replicateRevocations(client, undefined, { signal: io.signal });
  const state = stateOf(verified.feed, authorities);
  const results = new ResultList(output, 'events');
  let shown = 0;
  const show = ({ events }: RevocationFeed) => {
    for (; shown < events.length; shown++) {
      const event = events[shown]!;
      const outcome = judge(state, event);
      results.add(describe(event, outcome), textOf(event, outcome));
    }
  };
  show(verified.feed);
  summarise(verified, output);
  if (options.follow !== undefined) {
    for await (const { feed } of followRevocations(client, verified.feed, { signal: io.signal })) show(feed);
  }
  results.end();
  return EXIT.done;
}

async function showAffected(options: RemoteOptions, position: number, output: Output): Promise<ExitCode> {
  const { io } = output;
  const client = await connect(options, io);
  const results = new ResultList(output, 'affected');
  const counts = new Map<string, number>();
  for await (const { index, leafHash, kind, artifactsUnverified } of taintedEntries(client, position, {
    signal: io.signal,
  })) {
    const line = `${String(index).padStart(6)} ${kind.padEnd(10)} ${artifactsUnverified.join(', ')}`;
    results.add({ index, leafHash: toHex(leafHash), kind, artifacts: artifactsUnverified }, printable(line));
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  results.end();
  const total = [...counts].map(([kind, count]) => `${kind}: ${count}`).join(', ');
  remark(io, `reached, each proved to be in the log: ${total || 'nothing'}`);
  return EXIT.done;
}

function describe(event: RevocationEvent, { record, ignored }: Outcome): Result {
  return {
    ...{ position: event.position, index: event.index, statement: event.statement, leafHash: toHex(event.leafHash) },
    signers: record.credentials.map(({ key, names, issuer }) => ({ key, ...(names.length > 0 && { names, issuer }) })),
    ...{ inEffect: ignored === undefined, ...(ignored !== undefined && { ignored }) },
    control: record.event === undefined ? undefined : controlJson(record.event),
  };
}

function controlJson(event: ControlEvent): unknown {
  return JSON.parse(new TextDecoder().decode(writeControlStatement(event)));
}

function textOf({ index }: RevocationEvent, { record: { event, credentials }, ignored }: Outcome): string {
  const signers = credentials.map((one) => (one.names.length > 0 ? holderText(one) : `key ${one.key.slice(0, 16)}…`));
  const namespace = event?.namespace === undefined ? '' : ` in ${event.namespace}`;
  const said = event === undefined ? 'of a kind that this program does not know' : `${event.event}${namespace}`;
  const effect = ignored === undefined ? 'in effect' : `no effect: ${printable(ignored)}`;
  const reason = event !== undefined && 'reason' in event ? `\n       ${printable(event.reason)}` : '';
  return `${String(index).padStart(6)} ${said}, by ${signers.join(', ')}: ${effect}${reason}`;
}

function summarise({ feed, checkpoint }: VerifiedFeed, { io }: Output): void {
  const { size, root } = feed.state;
  remark(
    io,
    `feed of ${checkpoint.origin}: size ${size}, root ${toHex(root)}, proved to be what the log states at tree size ${checkpoint.size}`,
  );
}
