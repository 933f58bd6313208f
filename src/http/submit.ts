/** What every door for writes does with a request: admission, quotas, the body's bounds, the log, and the counts. */
import { LogError } from '../core/errors.ts';
import { fromItemError } from '../log/item-error.ts';
import type { ItemOutcome, Log, Receipt, SubmissionRequest } from '../log/log.ts';
import type { Admission } from './admission.ts';
import { declaredLength, readBody, requireMediaType } from './body.ts';
import type { Clock } from './clock.ts';
import type { HttpConfig } from './config.ts';
import type { Limits } from './limits.ts';
import { statusOf } from './problem.ts';
import { type AppContext, type RequestState, stateOf } from './request-state.ts';
import type { AppendResult, Telemetry } from './telemetry.ts';
import type { WitnessedHead } from './witness/witnessed-head.ts';

export interface SubmissionOptions {
  log: Log;
  admission: Admission;
  limits: Limits;
  sizes: HttpConfig['limits'];
  telemetry: Telemetry;
  clock: Clock;
  /** Undefined where the log is run without a witness policy. */
  witnessed: WitnessedHead | undefined;
}

/**
 * One submission as JSON. At the doors the type may be left out, as their clients may at home.
 * @throws LogError what it was refused with, and as `submit`
 */
export async function submitOne(
  c: AppContext,
  options: SubmissionOptions,
  format: SubmissionRequest['format'],
): Promise<Receipt> {
  const types = format === 'json' ? JSON_TYPES : DOOR_TYPES;
  const [outcome] = await submit(c, options, types, options.sizes.entryBytes, () => format);
  if (outcome?.receipt === undefined) throw new LogError('internal', 'the log returned no receipt');
  return outcome.receipt;
}

const JSON_TYPES = ['application/json'] as const;
const DOOR_TYPES = ['application/json', ''] as const;

/**
 * Admits a write, bounds it, reads it, and hands it over. Whoever is told 5xx is not charged for it.
 * @throws LogError
 */
export async function submit<T extends string>(
  c: AppContext,
  { log, admission, limits, telemetry, clock }: SubmissionOptions,
  types: readonly T[],
  limit: number,
  formatOf: (mediaType: T) => SubmissionRequest['format'],
): Promise<ItemOutcome[]> {
  const state = stateOf(c);
  const { header } = state;
  const admitted = admit(admission, state);
  const { client } = state;
  if (admitted instanceof LogError) {
    charge(limits.writes.take(client, 1));
    throw admitted;
  }
  const format = formatOf(requireMediaType(header, types));
  const declared = declaredLength(header, limit);
  const reserved = declared ?? limit;

  charge(limits.writes.take(client, 1));
  let bytes = 0;
  try {
    if (declared !== undefined) {
      charge(limits.writeBytes.take(client, declared));
      bytes = declared;
    }
    if (!limits.bodies.reserve(reserved)) {
      throw new LogError('pool_full', 'the server holds as many requests as it has memory for', { retryAfter: 1 });
    }
    try {
      const body = await readBody(c.req.raw, c.env.incoming, declared, limit);
      if (declared === undefined) {
        charge(limits.writeBytes.take(client, body.length));
        bytes = body.length;
      }
      const started = clock.monotonic();
      const outcomes = await log.submit({ format, body, admitted });
      telemetry.appendWaited((clock.monotonic() - started) / 1000);
      count(telemetry, outcomes);
      const [only] = outcomes;
      // Thrown here, where what the server failed is not charged.
      if (isSingle(format) && only?.error !== undefined) throw fromItemError(only.error);
      if (outcomes.some(({ error }) => error?.code === 'corrupt')) telemetry.selfCheckFailed();
      return outcomes;
    } finally {
      limits.bodies.release(reserved);
    }
  } catch (error) {
    if (!(error instanceof LogError) || statusOf(error.code) >= 500) {
      limits.writes.refund(client, 1);
      limits.writeBytes.refund(client, bytes);
    }
    throw error;
  }
}

/**
 * Admits and charges a request that makes the log state something: there is no signer who could be listed, so that it
 * takes a token, or an open log.
 * @throws LogError unauthorized, rate_limited; the log's own reason where it takes no writes
 */
export function admitStatement(
  c: AppContext,
  { log, admission, limits }: Pick<SubmissionOptions, 'log' | 'admission' | 'limits'>,
): void {
  const state = stateOf(c);
  const admitted = admit(admission, state);
  const writes = log.writeState();
  // Whoever is told 5xx is not charged for it.
  if (!(admitted instanceof LogError) && !writes.accepting) throw fromItemError(writes);
  charge(limits.writes.take(state.client, 1));
  if (admitted instanceof LogError) throw admitted;
  if (!admitted) throw new LogError('unauthorized', 'to have the log state something needs a bearer token');
}

/** A refusal is returned, so that the attempt can be charged to the address it came from. */
function admit(admission: Admission, state: RequestState): boolean | LogError {
  try {
    const { admitted, token } = admission(state.header('authorization'));
    if (token !== undefined) state.client = `token:${token}`;
    return admitted;
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
}

function charge(waitSeconds: number): void {
  if (waitSeconds === 0) return;
  throw new LogError('rate_limited', 'this client has used up its quota of writes', { retryAfter: waitSeconds });
}

function count(telemetry: Telemetry, outcomes: ItemOutcome[]): void {
  const counts: Partial<Record<AppendResult, number>> = {};
  for (const { receipt, error } of outcomes) {
    const result =
      receipt === undefined
        ? statusOf(error.code) >= 500
          ? 'failed'
          : 'refused'
        : receipt.duplicate
          ? 'duplicate'
          : 'logged';
    counts[result] = (counts[result] ?? 0) + 1;
  }
  for (const result in counts) telemetry.appended(result as AppendResult, counts[result as AppendResult]!);
}

/** True where the request is one submission, whose failure is the request's. */
function isSingle(format: SubmissionRequest['format']): boolean {
  return format !== 'ndjson' && format !== 'msgpack';
}
