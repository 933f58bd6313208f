/** Ordinary entries with anomalies among them: each is found, once, and nothing else is. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseWitnessPolicy } from '../../src/core/witness-policy.ts';
import type { Finding } from '../../src/monitor/finding.ts';
import { look, type MonitorState, newState } from '../../src/monitor/monitor.ts';
import { MonitoredLog } from '../../src/monitor/monitored-log.ts';
import { ScenarioLog } from '../scenarios/scenario-log.ts';
import {
  artifactOf,
  commitOf,
  identityOf,
  npmPublish,
  provenanceOf,
  SOURCE_VERIFIER,
  tagSeen,
} from '../scenarios/statements.ts';
import { policyText, WitnessDouble } from '../witness/witness-double.ts';
import { ACME, PLANTED, plant, REGISTRY, rules, run } from './anomalies.ts';

let log: ScenarioLog;
let monitored: MonitoredLog;

beforeEach(async () => {
  log = await ScenarioLog.begin('2026-04-01T08:00:00Z');
  monitored = new MonitoredLog({ url: 'http://log.test', retry: { attempts: 1 }, ...(await log.served()) });
});
afterEach(() => log.close());

/** Looks until the log has no more, as a process would that keeps its state as JSON between any two steps. */
async function findings(
  before?: MonitorState,
  now = log.time,
): Promise<{ found: Finding[]; state: MonitorState; entries: number }> {
  const found: Finding[] = [];
  let state = before ?? newState(0, log.time);
  let entries = 0;
  for await (const step of look(monitored, state, { rules, now })) {
    found.push(...step.findings);
    entries += step.entries;
    const { checkpoint, ...rest } = step.state();
    state = { checkpoint, ...JSON.parse(JSON.stringify(rest)) };
  }
  return { found, state, entries };
}

/** A release with provenance first, every twenty minutes. */
async function ordinary(count: number, from = 0): Promise<void> {
  for (let at = from; at < from + count; at++) {
    const built = run(`ordinary ${at}`);
    const artifact = artifactOf(`pkg:npm/%40acme/lib-${at % 7}@1.${at}.0`);
    await log.log(
      { statement: provenanceOf(built, [artifact]), by: identityOf(built) },
      { statement: npmPublish(artifact, `@acme/lib-${at % 7}`, `1.${at}.0`), by: REGISTRY },
      { statement: tagSeen(ACME, `v${at}`, built.commit), by: SOURCE_VERIFIER },
    );
    await log.pass(1200);
  }
}

const kinds = (found: readonly Finding[]): string[] => found.map(({ kind }) => kind).toSorted();

describe('a monitor', () => {
  it('finds nothing among ordinary releases, and looks at every entry', async () => {
    await ordinary(20);
    const { found, entries, state } = await findings();
    expect([found, entries, state.next]).toEqual([[], log.size, log.size]);
  });

  it('A21: finds each of twelve anomalies, once, and goes on where it was', async () => {
    await ordinary(10);
    const first = await findings();
    expect(first.found).toEqual([]);

    await plant(log, (at) => ordinary(1, 100 + at));
    await ordinary(3, 200);

    const second = await findings(first.state);
    expect(kinds(second.found)).toEqual(PLANTED);
    expect(new Set(second.found.map(({ id }) => id)).size).toBe(12);
    expect((await findings(second.state)).found).toEqual([]);
    // Whoever begins anew finds the same.
    expect((await findings()).found.map(({ id }) => id).toSorted()).toEqual(
      second.found.map(({ id }) => id).toSorted(),
    );
  });

  it('gives a release its time to be followed by provenance', async () => {
    const built = run('late');
    const artifact = artifactOf('pkg:npm/%40acme/lib-1@1.0.0');
    await log.log({ statement: npmPublish(artifact, '@acme/lib-1', '1.0.0'), by: REGISTRY });
    await log.pass(500);
    const first = await findings();
    await log.log({ statement: provenanceOf(built, [artifact]), by: identityOf(built) });
    await ordinary(2);
    expect([...first.found, ...(await findings(first.state)).found]).toEqual([]);
  });

  it('tells once of a log that has fallen silent, and not of one that stamps its head', async () => {
    await ordinary(1);
    const first = await findings();
    await log.pass(7_200);
    const second = await findings(first.state);
    expect(second.found).toEqual([]);
    // Nobody stamps the head while only the watcher's clock goes on.
    const third = await findings(second.state, log.time + 3_700);
    expect(kinds(third.found)).toEqual(['log-silent']);
    expect((await findings(third.state, log.time + 7_400)).found).toEqual([]);
  });

  it('finds the same in a payload that came later, whenever it looks', async () => {
    const first = await findings();
    const moved = { statement: tagSeen(ACME, 'v3', commitOf('another')), by: SOURCE_VERIFIER };
    await ordinary(5);
    const [bring] = await log.logDigestOf(moved);
    const second = await findings(first.state);
    await bring!();
    await ordinary(1, 50);
    const third = await findings(second.state);
    expect([second.found, kinds(third.found)]).toEqual([[], ['tag-moved']]);
    expect((await findings()).found.map(({ id }) => id)).toEqual(third.found.map(({ id }) => id));
  });

  it('does not pass over entries whose payloads are withheld', async () => {
    await ordinary(2);
    const { state } = await findings();
    await ordinary(2, 10);
    const { fetch, ...keys } = await log.served();
    const withholding: typeof fetch = async (input, init) =>
      String(input).includes('/v1/mirror') ? new Response('', { status: 404 }) : fetch(input, init);
    const lying = new MonitoredLog({ url: 'http://log.test', ...keys, fetch: withholding, retry: { attempts: 1 } });
    const looking = (async () => {
      for await (const _ of look(lying, state, { rules, now: log.time }));
    })();
    await expect(looking).rejects.toMatchObject({ code: 'answer_unexpected' });
  });

  it('does not believe times that the log did not sign', async () => {
    await ordinary(2);
    const { fetch, ...keys } = await log.served();
    const inventing: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (!String(input).includes('/v1/checkpoints')) return answer;
      const page = (await answer.json()) as { checkpoints: { checkpoint: string }[] };
      const notes = page.checkpoints.map((one) => ({
        ...one,
        checkpoint: one.checkpoint.replace(/.{8}\n$/, 'AAAAAAA=\n'),
      }));
      return Response.json({ ...page, checkpoints: notes });
    };
    const lying = new MonitoredLog({ url: 'http://log.test', ...keys, fetch: inventing, retry: { attempts: 1 } });
    const looking = (async () => {
      for await (const _ of look(lying, newState(0, log.time), { rules, now: log.time }));
    })();
    await expect(looking).rejects.toThrow();
  });

  it('passes over nothing that it could not prove', async () => {
    await ordinary(5);
    const { fetch, verifierKey, timeVerifierKey } = await log.served();
    const lying = new MonitoredLog({
      url: 'http://log.test',
      ...{ verifierKey, timeVerifierKey, retry: { attempts: 1 } },
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        if (!String(input).includes('/tile/entries/')) return answer;
        const bytes = new Uint8Array(await answer.arrayBuffer());
        bytes[200]! ^= 1;
        return new Response(bytes);
      },
    });
    const states: MonitorState[] = [];
    const looking = (async () => {
      for await (const step of look(lying, newState(0, log.time), { rules, now: log.time })) states.push(step.state());
    })();
    await expect(looking).rejects.toMatchObject({ code: 'proof_invalid' });
    expect(states.map(({ next }) => next)).toEqual([0]);
  });

  it('tells of a checkpoint that its witnesses have not seen', async () => {
    await ordinary(1);
    const { verifierKey } = await log.served();
    const witnesses = [1, 2].map((n) => new WitnessDouble(n, verifierKey));
    const witnessPolicy = parseWitnessPolicy(policyText(verifierKey, witnesses, 1));
    const found: Finding[] = [];
    for await (const step of look(monitored, newState(0, log.time), { rules, witnessPolicy, now: log.time })) {
      found.push(...step.findings);
    }
    expect(kinds(found)).toEqual(['quorum-missing']);
  });
});
