import { describe, expect, it } from 'vitest';
import { type LogMisbehaviour, observe } from '../../src/client/follow.ts';
import type { VerifiedCheckpoint } from '../../src/client/log-key.ts';
import { TileClient } from '../../src/client/tile-client.ts';
import type { LogError } from '../../src/core/errors.ts';
import { convict } from '../../src/core/misbehaviour.ts';
import { FakeLog } from './fake-log.ts';

function clientOf(log: FakeLog): TileClient {
  const { url, verifierKey, fetch } = log;
  return new TileClient({ url, verifierKey, fetch, retry: { attempts: 1 } });
}

function seen(log: FakeLog, size?: number): VerifiedCheckpoint {
  return clientOf(log).key.open(log.checkpoint(size));
}

async function misbehaviour(promise: Promise<unknown>): Promise<LogMisbehaviour> {
  const error = await promise.then(
    () => undefined,
    (thrown: LogMisbehaviour) => thrown,
  );
  expect(error?.code).toBe('log_misbehaved');
  return error!;
}

describe('observe', () => {
  it('takes the first checkpoint as it is', async () => {
    expect(await observe(clientOf(new FakeLog().grow(3)), undefined)).toMatchObject({ change: 'first' });
  });

  it('sees no change', async () => {
    const log = new FakeLog().grow(3);
    expect(await observe(clientOf(log), seen(log))).toMatchObject({ change: 'none' });
  });

  it.each([0, 1, 3, 256, 300])('proves growth from %i', async (size) => {
    const log = new FakeLog().grow(size);
    const last = seen(log);
    log.grow(300);
    expect(await observe(clientOf(log), last)).toMatchObject({
      change: 'grown',
      previous: { size },
      checkpoint: { size: size + 300 },
    });
  });

  it('proves an older view to be of the same tree', async () => {
    const log = new FakeLog().grow(9);
    log.lie = (path, answer) => (path === '/checkpoint' ? log.checkpoint(4) : answer);
    expect(await observe(clientOf(log), seen(log))).toMatchObject({ change: 'older', checkpoint: { size: 4 } });
  });

  it('shows two roots of one size', async () => {
    const log = new FakeLog().grow(5);
    const other = log.fork(2);
    const { evidence } = await misbehaviour(observe(clientOf(other), seen(log)));
    expect(evidence).toMatchObject({ kind: 'two-roots', notes: [log.checkpoint(), other.checkpoint()] });
  });

  it('shows a fork between two sizes with evidence that anyone can check', async () => {
    const log = new FakeLog().grow(300);
    const last = seen(log);
    const other = log.fork(2).grow(10);
    const { evidence } = await misbehaviour(observe(clientOf(other), last));
    expect(convict(evidence, log.verifierKey)).toMatchObject({
      kind: 'inconsistent',
      signed: [
        { size: 300, root: log.root(300) },
        { size: 310, root: other.root(310) },
      ],
      otherRoot: other.root(300),
    });
  });

  it('shows a fork behind an older view', async () => {
    const log = new FakeLog().grow(9);
    const last = seen(log);
    const other = log.fork(2);
    // The forked view is shown smaller than what was seen; the tiles are those of the tree that was seen.
    log.lie = (path, answer) => (path === '/checkpoint' ? other.checkpoint(4) : answer);
    expect((await misbehaviour(observe(clientOf(log), last))).evidence.kind).toBe('inconsistent');
  });

  it('does not call tiles that belong to no checkpoint a fork', async () => {
    const log = new FakeLog().grow(5);
    const last = seen(log);
    log.grow(5);
    const other = log.fork(2);
    log.lie = (path, answer) => (path.startsWith('/tile') ? other.fetch(`${log.url}${path.slice(1)}`) : answer);
    const error = await observe(clientOf(log), last).catch((thrown: LogError) => thrown);
    expect((error as LogError).code).toBe('proof_invalid');
  });

  it('does not mix up logs', async () => {
    const error = await observe(clientOf(new FakeLog()), seen(new FakeLog('other.example'))).catch((e: LogError) => e);
    expect((error as LogError).code).toBe('checkpoint_unverified');
  });
});
