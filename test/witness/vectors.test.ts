/** Published requests to a witness, with the status that each gets (material beside the checkout). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cosigner } from '../../src/core/cosignature.ts';
import { verifierOf } from '../../src/core/note.ts';
import { createWitnessApp } from '../../src/http/witness/witness-app.ts';
import { readWatchedLogs } from '../../src/witness/watched-log.ts';
import { Witness } from '../../src/witness/witness.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';
import { MemoryStore } from './memory-store.ts';

interface Scenario {
  name: string;
  logs: { origin: string; vkey: string }[];
  steps: {
    name: string;
    path: string;
    body: string;
    status: number;
    bodyEquals?: string;
    bodyContains?: string;
    contentType?: string;
  }[];
}

const path = shared('vectors/witness/add-checkpoint.json');
const { scenarios } =
  path === undefined
    ? { scenarios: [] }
    : (JSON.parse(readFileSync(path, 'utf8')) as { witnessName: string; scenarios: Scenario[] });

describe.skipIf(path === undefined)(`published requests (skipped where ${SHARED_ABSENT})`, () => {
  it('are there', () => {
    expect(scenarios.flatMap(({ steps }) => steps).length).toBeGreaterThanOrEqual(10);
  });

  it.each(scenarios)('$name', async ({ logs: known, steps }) => {
    const logs = readWatchedLogs(
      known.map(({ origin, vkey }) => `${origin} ${vkey}`),
      verifierOf,
    );
    const name = 'example.com/witness';
    const witness = new Witness({
      logs,
      cosigner: cosigner(name, new Uint8Array(32).fill(7)),
      store: new MemoryStore(),
      clock: () => 1_700_000_000,
      misbehaved: () => undefined,
    });
    const app = createWitnessApp({ witness, origins: logs.keys(), verifierKey: name });
    for (const step of steps) {
      const response = await app.request(step.path, { method: 'POST', body: step.body });
      const body = await response.text();
      expect({ step: step.name, status: response.status }).toEqual({ step: step.name, status: step.status });
      if (step.bodyEquals !== undefined) expect(body).toBe(step.bodyEquals);
      if (step.bodyContains !== undefined) expect(body).toContain(step.bodyContains);
      if (step.contentType !== undefined) expect(response.headers.get('content-type')).toBe(step.contentType);
    }
  });
});
