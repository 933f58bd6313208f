/** `countersign revoke`: writes a control statement, signs it, and has the log put it into effect. */
import type { LogClient } from '../client/log-client.ts';
import { decodeUtf8, utf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { readControlStatement } from '../entry/control/control-statement.ts';
import { type ControlEventName, controlType } from '../entry/control/control-type.ts';
import { canonicalJson, type Json } from '../entry/encoding/canonical-json.ts';
import { targetOf } from './control-target.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { createFile, readText } from './files.ts';
import { type Output, remark, writeResult } from './output.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { countersigned, payloadOf, readSignedStatement, type SignedStatement, unsigned } from './signed-statement.ts';
import { readPrivateKey } from './signing-event.ts';

export interface RevokeOptions extends RemoteOptions {
  namespace?: string;
  reason?: string;
  issuer?: string;
  repositoryId?: string;
  lastValidIndex?: number;
  reverses?: number[];
  /** `member=value`, the member a path with dots, the value JSON or text. */
  set?: string[];
  sign?: string[];
  /** A file that `output` wrote: nothing new is stated, signatures are added. */
  cosign?: string;
  /** Where the signed statement goes, for others to sign: it is not sent. */
  output?: string;
  dryRun?: true;
}

export async function runRevoke(
  event: ControlEventName | undefined,
  target: string | undefined,
  options: RevokeOptions,
  output: Output,
): Promise<ExitCode> {
  const { io } = output;
  let client: Promise<LogClient> | undefined;
  const log = () => (client ??= connect(options, io));
  let signed = options.cosign === undefined ? await stated(event, target, options, log, output) : await begun(options);
  const statement = JSON.parse(decodeUtf8(payloadOf(signed))!) as Json;
  if (options.dryRun) {
    writeResult(output, { statement }, JSON.stringify(statement, undefined, 2));
    return EXIT.done;
  }
  const keys = options.sign ?? [];
  if (keys.length === 0) throw new LogError('usage', 'who says so? give the private key with --sign FILE');
  for (const path of keys) signed = countersigned(signed, await readPrivateKey(path));
  if (options.output !== undefined) {
    await createFile(options.output, `${JSON.stringify(signed, undefined, 2)}\n`);
    const { length } = signed.verifiers;
    writeResult(output, { file: options.output, signatures: length, statement }, `${options.output}: ${length} signed`);
    return EXIT.done;
  }
  const { index, checkpoint, duplicate } = await (await log()).add(signed, { signal: io.signal });
  const { payload } = await (await log()).entry(index, { signal: io.signal });
  if (payload === undefined) remark(io, 'countersign: the log does not have the statement, so it has no effect');
  writeResult(
    output,
    { index, duplicate, treeSize: checkpoint.size, statement },
    `logged as entry ${index} of ${checkpoint.size}; whether its signers may say so: countersign revocations`,
  );
  return EXIT.done;
}

async function begun({ cosign }: RevokeOptions): Promise<SignedStatement> {
  const signed = readSignedStatement(await readText(cosign!));
  readControlStatement(payloadOf(signed));
  return signed;
}

async function stated(
  event: ControlEventName | undefined,
  what: string | undefined,
  options: RevokeOptions,
  log: () => Promise<LogClient>,
  { io }: Output,
): Promise<SignedStatement> {
  if (event === undefined || what === undefined) throw new LogError('usage', 'give an event and what it acts on');
  const target = await targetOf(event, what, options, log, io);
  const { namespace, reason, lastValidIndex, reverses } = options;
  const predicate: { [member: string]: Json | undefined } = {
    issued: io.now(),
    namespace,
    lastValidIndex,
    reverses,
    reason,
  };
  Object.assign(predicate, target.predicate);
  for (const setting of options.set ?? []) assign(predicate, setting);
  const { subject } = target;
  const type = 'https://in-toto.io/Statement/v1';
  const payload = utf8(canonicalJson({ _type: type, subject, predicateType: controlType(event), predicate }));
  // The log would refuse it too; here nothing has been signed yet.
  readControlStatement(payload);
  return unsigned(payload);
}

function assign(predicate: { [member: string]: Json | undefined }, setting: string): void {
  const at = setting.indexOf('=');
  if (at < 1) throw new LogError('usage', '--set takes member=value');
  const path = setting.slice(0, at).split('.');
  const last = path.pop()!;
  let object = predicate;
  for (const member of path) {
    const inner = object[member];
    const next = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {};
    object[member] = next;
    object = next as { [member: string]: Json | undefined };
  }
  object[last] = jsonOrText(setting.slice(at + 1));
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
