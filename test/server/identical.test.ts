/** The same submission again: at the same moment, in one batch, after a restart. It has one index and one proof. */
import { describe, expect, it } from 'vitest';
import { type Acknowledgement, Http } from './http.ts';
import { start, useServers } from './running-server.ts';
import { signedArtifact, signedStatement } from './signed.ts';

const { place } = useServers();

/** Everything but whether it was there already. */
function fixedPart({ duplicate: _, ...fixed }: Acknowledgement): string {
  return JSON.stringify(fixed);
}

describe('10,000 concurrent identical submissions', () => {
  it('give one index and the same proof, byte for byte', async () => {
    const server = await start(place());
    const http = new Http(server.url, 200);
    const signed = signedStatement().whole;
    const answers = await Promise.all([
      ...Array.from({ length: 4_000 }, async () => [await http.log(signed)]),
      ...Array.from({ length: 6 }, () => http.logBatch(Array.from({ length: 1_000 }, () => signed))),
    ]);
    const acknowledgements = answers.flat() as Acknowledgement[];
    expect(acknowledgements).toHaveLength(10_000);
    expect(new Set(acknowledgements.map(fixedPart)).size).toBe(1);
    expect(acknowledgements.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect((await http.head()).size).toBe(2);
  });
});

describe('an identical submission', () => {
  it('is answered the same after a restart', async () => {
    const log = place();
    let server = await start(log);
    let http = new Http(server.url);
    const signed = signedArtifact();
    const first = await http.log(signed);
    await http.logBatch(Array.from({ length: 20 }, () => signedArtifact()));
    await server.process.kill();
    server = await start(log);
    http = new Http(server.url);
    const second = await http.log(signed);
    expect(second.duplicate).toBe(true);
    expect(fixedPart(second)).toBe(fixedPart(first));
  });

  it('brings its payload later, and every repetition says where that was logged', async () => {
    const log = place();
    let server = await start(log);
    let http = new Http(server.url);
    const { bare, whole, subject } = signedStatement();
    const first = await http.log(bare);
    expect(first.payload).toBe('absent');
    const second = await http.log(whole);
    expect(second).toMatchObject({ index: first.index, payload: 'attached', attachedAt: { index: 2 } });
    expect([second.inclusionProof, second.checkpoint]).toEqual([first.inclusionProof, first.checkpoint]);
    await server.process.kill();
    server = await start(log);
    http = new Http(server.url);
    expect(fixedPart(await http.log(whole))).toBe(fixedPart(second));
    expect(fixedPart(await http.log(bare))).toBe(fixedPart(second));
    const { entries } = await http.json<{ entries: { index: number }[] }>(`/v1/entries?subject=sha256:${subject}`);
    expect(entries.map(({ index }) => index)).toEqual([first.index]);
  });
});
