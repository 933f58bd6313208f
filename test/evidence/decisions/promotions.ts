/** A log in which artifacts were promoted: builds, decisions of the log's gate on them, and an owner who may revoke. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeUtf8, toHex } from '../../../src/core/bytes.ts';
import { type ControlEvent, writeControlStatement } from '../../../src/entry/control/control-statement.ts';
import { decisionStatement } from '../../../src/entry/submission/decision-statement.ts';
import { namespacesOf } from '../../../src/evidence/gate/collect.ts';
import { decideForRecord } from '../../../src/evidence/gate/decide.ts';
import type { Verdict } from '../../../src/evidence/policy/decision.ts';
import { readPolicy } from '../../../src/evidence/policy/policy.ts';
import { type GateParts, gateParts } from '../../../src/http/gate-parts.ts';
import { dataPaths } from '../../../src/threads/paths.ts';
import { hashOf, type TestKey, testKey } from '../../fixtures/make.ts';
import { githubProvenance } from '../../fixtures/predicates.ts';
import type { InlineLog } from '../../inline-log.ts';
import { build, type EvidenceLog, evidenceLog } from '../evidence-log.ts';
import { gatePolicy } from '../gate/gate-policy.ts';

export const owner = testKey('p256', 'owner of acme');

export interface Dependency {
  uri: string;
  digest: Record<string, string>;
}

export class Promotions {
  readonly made: EvidenceLog;
  /** What the decisions here are reached by. */
  readonly served: GateParts;
  #issued = 1_764_000_000;

  private constructor(made: EvidenceLog) {
    this.made = made;
    this.served = gateParts(made.log, { authorities: [] });
  }

  /** The operator has given acme its authority. */
  static async begin(): Promise<Promotions> {
    const promotions = new Promotions(await evidenceLog());
    const owners = [{ key: toHex(hashOf('sha256', owner.spki)) }];
    const thresholds = { authority: 1, grant: 1, revoke: 1, reinstate: 1 };
    const lists = { covers: ['https://github.com/acme/*', 'pkg:npm/**'], owners, revokers: [], operators: [] };
    await promotions.control({ event: 'authority-set', thresholds, ...lists }, operatorOf(promotions.log));
    return promotions;
  }

  get log(): InlineLog {
    return this.made.log;
  }

  /** As a server that opens the log makes them: knowing nothing yet. */
  parts(): GateParts {
    return gateParts(this.log, { authorities: [] });
  }

  /** @returns index of the provenance */
  build(digest: string, dependencies: readonly Dependency[] = []): Promise<number> {
    const { predicate } = githubProvenance;
    const definition = predicate.buildDefinition as { resolvedDependencies: readonly object[] };
    const resolvedDependencies = [...definition.resolvedDependencies, ...dependencies];
    const buildDefinition = { ...definition, resolvedDependencies };
    const subject = [{ name: 'api.tgz', digest: { sha256: digest } }];
    return this.made.state({ ...githubProvenance, subject, predicate: { ...predicate, buildDefinition } }, build());
  }

  /** Has the log decide, and log it. */
  async decide(digest: string, policy = gatePolicy()): Promise<{ index: number; decision: Verdict }> {
    const { evidence, revocation } = this.served;
    const read = await readPolicy(policy);
    const source = evidence.now();
    const standing = await revocation.at(source.treeSize, { follows: namespacesOf(read.document) });
    const artifact = { name: undefined, digests: new Map([['sha256', digest]]) };
    const { record } = await decideForRecord(source, standing, read, { artifact, phase: 'deploy', now: source.time });
    const { index } = await this.log.appendOwn(decisionStatement(record));
    return { index, decision: record.decision };
  }

  /** Of namespace acme. @returns index of the control statement */
  control(event: object, by: TestKey = owner): Promise<number> {
    const whole = { namespace: 'acme', issued: ++this.#issued, ...event } as ControlEvent;
    return this.made.state(decodeUtf8(writeControlStatement(whole)), by);
  }

  quarantine(digest: string): Promise<number> {
    const target = { digests: { sha256: digest }, package: undefined };
    const denial = { severity: undefined, advisories: undefined, reason: 'looks bad' };
    return this.control({ event: 'artifact-quarantine', target, ...denial });
  }

  taint(dependency: Dependency): Promise<number> {
    const target = { digests: dependency.digest, package: undefined };
    const taint = { scope: 'policy', window: undefined, advisories: undefined, reason: 'poisoned' };
    return this.control({ event: 'dependency-taint', target, ...taint });
  }
}

/** Whoever runs the log: the holder of its statement key. */
export function operatorOf(log: InlineLog): TestKey {
  const { keys } = dataPaths(join(log.folder, 'data'));
  const privateKey = createPrivateKey(readFileSync(join(keys, 'statement.key')));
  const publicKey = createPublicKey(privateKey);
  const spki = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }));
  return { ...testKey('p256'), privateKey, publicKey, spki, pem: log.identity.statementKey };
}
