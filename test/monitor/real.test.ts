/**
 * Real attestations, signed anew, with twelve anomalies among them. COUNTERSIGN_MONITORED=10000 makes the log as large as
 * that.
 */
import { expect, it } from 'vitest';
import { fromBase64 } from '../../src/core/bytes.ts';
import { look, newState } from '../../src/monitor/monitor.ts';
import { MonitoredLog } from '../../src/monitor/monitored-log.ts';
import { asSubmission, realRecords } from '../entry/real-records.ts';
import { ScenarioLog, type Signed } from '../scenarios/scenario-log.ts';
import {
  artifactOf,
  identity,
  identityOf,
  npmPublish,
  provenanceOf,
  SOURCE_VERIFIER,
  tagSeen,
} from '../scenarios/statements.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';
import { ACME, PLANTED, plant, REGISTRY, rules, run } from './anomalies.ts';

const root = shared('real');
const entries = Number(process.env.COUNTERSIGN_MONITORED ?? 600);
const IDENTITIES = 500;
const BATCH = 50;

/** Statements of the real envelopes, each once. */
function realStatements(): object[] {
  const statements = new Map<string, object>();
  for (const { document } of realRecords(root!)) {
    try {
      const submission = asSubmission(document) as {
        envelope?: { payload: string };
        dsseEnvelope?: { payload: string };
      };
      const payload = (submission.envelope ?? submission.dsseEnvelope)?.payload;
      if (payload === undefined) continue;
      statements.set(payload, JSON.parse(Buffer.from(fromBase64(payload)).toString('utf8')) as object);
    } catch {
      // What is no envelope of a statement is of no use here.
    }
  }
  return [...statements.values()];
}

it.skipIf(root === undefined)(
  `finds twelve anomalies among ${entries} real attestations, and no thirteenth (skipped where ${SHARED_ABSENT})`,
  async () => {
    const statements = realStatements();
    expect(statements.length).toBeGreaterThan(200);
    const log = await ScenarioLog.begin('2026-04-01T08:00:00Z');
    try {
      let logged = 0;
      /** The next real attestations, by as many builders. */
      const ordinary = async (count: number): Promise<void> => {
        for (let at = 0; at < count; at += BATCH) {
          const batch = Array.from({ length: Math.min(BATCH, count - at) }, (): Signed => {
            const number = logged++;
            const by = identity(`https://ci.example/builders/${number % IDENTITIES}`, 'https://ci.example');
            return { statement: statements[number % statements.length]!, by };
          });
          await log.log(...batch);
          await log.pass(60);
        }
      };
      const built = run('lib-1 1.0.0');
      const artifact = artifactOf('pkg:npm/%40acme/lib-1@1.0.0');
      await log.log(
        { statement: provenanceOf(built, [artifact]), by: identityOf(built) },
        { statement: npmPublish(artifact, '@acme/lib-1', '1.0.0'), by: REGISTRY },
        { statement: tagSeen(ACME, 'v3', built.commit), by: SOURCE_VERIFIER },
      );
      await plant(log, () => ordinary(Math.ceil(entries / 12)));
      await ordinary(Math.max(BATCH, entries - logged));
      await log.pass(3600);

      const monitored = new MonitoredLog({ url: 'http://log.test', retry: { attempts: 1 }, ...(await log.served()) });
      const found: string[] = [];
      let seen = 0;
      for await (const { findings, entries: count } of look(monitored, newState(0, log.time), {
        rules,
        now: log.time,
      })) {
        found.push(...findings.map(({ kind }) => kind));
        seen += count;
      }
      expect([seen, found.toSorted()]).toEqual([log.size, PLANTED]);
    } finally {
      await log.close();
    }
  },
  20_000 + entries * 20,
);
