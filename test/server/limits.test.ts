/** What one signer may log, whoever sends it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Http, problemOf } from './http.ts';
import { start, useServers } from './running-server.ts';
import { signerOfArtifacts } from './signed.ts';

const { place, folder } = useServers();

describe('a signer above its quota', () => {
  it('is refused with 429 and Retry-After, item by item in a batch, and no other signer is', async () => {
    const config = join(folder(), 'countersign.yaml');
    writeFileSync(config, 'limits: { signer: { perSecond: 0.001, burst: 3 } }\n');
    const http = new Http((await start(place(), { flags: ['--dev', '--config', config] })).url);
    const [busy, other] = [signerOfArtifacts(), signerOfArtifacts()];
    const results = await http.logBatch([busy.next(), busy.next(), busy.next(), busy.next(), other.next()]);
    const codes = results.map((result) => ('error' in result ? result.error.code : 'logged'));
    expect(codes).toEqual(['logged', 'logged', 'logged', 'rate_limited', 'logged']);

    const refused = problemOf(await http.submit(busy.next()));
    expect(refused).toEqual({ status: 429, code: 'rate_limited', retryAfter: expect.any(Number) });
    expect(refused.retryAfter).toBeGreaterThan(0);
    expect((await http.submit(other.next())).status).toBe(201);
  });
});
