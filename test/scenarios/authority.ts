/** A namespace with one owner, who may say everything: what most small teams have. */
import { toHex } from '../../src/core/bytes.ts';
import type { ControlEvent } from '../../src/entry/control/control-statement.ts';
import { hashOf, type TestKey, testKey } from '../fixtures/make.ts';
import type { ScenarioLog } from './scenario-log.ts';

/** An event as its owner writes it: the namespace and the time are filled in. */
export type Said = ControlEvent extends infer E
  ? E extends ControlEvent
    ? Omit<E, 'namespace' | 'issued'>
    : never
  : never;

export class Authority {
  readonly #log: ScenarioLog;
  readonly #namespace: string;
  readonly #owner: TestKey;

  private constructor(log: ScenarioLog, namespace: string, owner: TestKey) {
    this.#log = log;
    this.#namespace = namespace;
    this.#owner = owner;
  }

  /** Set by the log's operator, as every first authority. @param covers patterns of repositories and packages */
  static async over(log: ScenarioLog, namespace: string, covers: readonly string[]): Promise<Authority> {
    const owner = testKey('p256', `owner of ${namespace}`);
    const event: ControlEvent = {
      ...{ event: 'authority-set', namespace, covers, issued: log.time },
      ...{ owners: [{ key: toHex(hashOf('sha256', owner.spki)) }], revokers: [], operators: [] },
      thresholds: { authority: 1, grant: 1, revoke: 1, reinstate: 1 },
    };
    await log.control(event, log.operator);
    return new Authority(log, namespace, owner);
  }

  /** @returns the index of the statement */
  say(event: Said): Promise<number> {
    const whole = { ...event, namespace: this.#namespace, issued: this.#log.time };
    return this.#log.control(whole as ControlEvent, this.#owner);
  }
}
