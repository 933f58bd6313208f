import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WitnessedHead } from '../../../src/http/witness/witnessed-head.ts';
import { signedArtifact } from '../../server/signed.ts';
import { type InlineApp, inlineApp } from '../inline-app.ts';

let app: InlineApp;
let witnessed: WitnessedHead;

beforeEach(async () => {
  witnessed = new WitnessedHead(undefined, () => [
    { name: 'w1', state: 'resting', size: 0, failures: 2, trouble: 'it is busy' },
  ]);
  app = await inlineApp(undefined, undefined, witnessed);
});
afterEach(() => app.log.close());

const submission = (): unknown => JSON.parse(signedArtifact().body);

/** The checkpoint of the log as it is, as if witnesses had cosigned it. */
const newest = () => ({ size: app.log.head().size, note: app.log.head().note });

async function answer(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

describe('the witnessed view', () => {
  it('is 404 until a checkpoint satisfies the policy, then that checkpoint', async () => {
    expect((await app.get('/v1/checkpoints/witnessed')).status).toBe(404);
    const checkpoint = newest();
    witnessed.publish(checkpoint);
    const response = await app.get('/v1/checkpoints/witnessed');
    expect([response.status, await response.text()]).toEqual([200, checkpoint.note]);
  });

  it('goes back to no smaller size', async () => {
    witnessed.publish({ size: 5, note: 'five' });
    witnessed.publish({ size: 4, note: 'four' });
    expect(witnessed.newest()).toEqual({ size: 5, note: 'five' });
  });

  it('says how the witnesses are', async () => {
    witnessed.publish(newest());
    expect(await answer(await app.get('/v1/log'))).toMatchObject({
      witnesses: [{ name: 'w1', state: 'resting', failures: 2, trouble: 'it is busy' }],
      witnessedSize: 1,
    });
  });

  it('is not there where the log is run without a policy', async () => {
    const plain = await inlineApp(undefined, app.log);
    expect(await answer(await plain.get('/v1/checkpoints/witnessed'))).toMatchObject({ code: 'not_enabled' });
    expect(await answer(await plain.post('/v1/entries?witnessed=1', submission()))).toMatchObject({
      code: 'not_enabled',
    });
    expect(app.log.head().size).toBe(1);
  });
});

describe('a submission that asks for cosignatures', () => {
  it('is answered when a witnessed checkpoint covers it, with the proof in that one too', async () => {
    const published = new Promise<void>((resolve) => app.log.onPublished(() => resolve()));
    const pending = app.post('/v1/entries?witnessed=30', submission());
    await published;
    witnessed.publish(newest());
    const response = await pending;
    expect(response.status).toBe(201);
    const { index, witnessed: proved, checkpoint } = await answer(response);
    expect(proved).toMatchObject({
      inclusionProof: { index, treeSize: 2 },
      checkpoint: newest().note,
    });
    expect(checkpoint).toEqual(expect.any(String));
  });

  it('is answered without them after its time, and is logged all the same', async () => {
    const response = await app.post('/v1/entries?witnessed=1', submission());
    expect([response.status, await answer(response)]).toMatchObject([201, { index: 1, witnessed: null }]);
    expect(app.log.head().size).toBe(2);
  });

  it('shares one checkpoint with all who wait', async () => {
    const waits = [0, 3, 6].map((index) => witnessed.covering(index, 30_000));
    const late = witnessed.covering(9, 1);
    witnessed.publish({ size: 7, note: 'seven' });
    expect(await Promise.all(waits)).toEqual(Array(3).fill({ size: 7, note: 'seven' }));
    expect(await late).toBeUndefined();
  });

  it('waits for no longer than the server runs', async () => {
    const wait = witnessed.covering(9, 30_000);
    witnessed.end();
    expect(await wait).toBeUndefined();
  });

  it.each(['0', '31', '1.5', 'x'])('for %s seconds is refused', async (seconds) => {
    const response = await app.post(`/v1/entries?witnessed=${seconds}`, submission());
    expect(await answer(response)).toMatchObject({ code: 'malformed_request', at: 'witnessed' });
  });
});
