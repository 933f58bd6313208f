/**
 * The log of a scenario: a real one, in this process, whose clock the story sets. Signers get certificates on the spot,
 * from the one CA that the log trusts.
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeUtf8, fromBase64, toHex, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { type ControlEvent, writeControlStatement } from '../../src/entry/control/control-statement.ts';
import { parsePublicKeyPem } from '../../src/entry/keys/public-key.ts';
import { pae } from '../../src/entry/leaf/dsse.ts';
import type { LookupTerm } from '../../src/entry/leaf/lookup.ts';
import type { Digests } from '../../src/entry/predicate/claim.ts';
import type { Evidence } from '../../src/evidence/facts/evidence.ts';
import { evidenceOf } from '../../src/evidence/facts/evidence-of.ts';
import type { EvidenceSource } from '../../src/evidence/facts/evidence-source.ts';
import { LogEvidence } from '../../src/evidence/facts/log-evidence.ts';
import { namespacesOf } from '../../src/evidence/gate/collect.ts';
import { decide } from '../../src/evidence/gate/decide.ts';
import type { Decision, Phase } from '../../src/evidence/policy/decision.ts';
import type { Policy } from '../../src/evidence/policy/policy.ts';
import { LogRevocation } from '../../src/evidence/revocation/log-revocation.ts';
import { dataPaths } from '../../src/threads/paths.ts';
import { issueCa } from '../entry/x509/issue-certificate.ts';
import { type IdentityFacts, issueIdentity } from '../fixtures/issue-identity.ts';
import { envelope, type TestKey, testKey } from '../fixtures/make.ts';
import { pem } from '../fixtures/make-certificate.ts';
import { inlineApp } from '../http/inline-app.ts';
import { createInlineLog, type InlineLog } from '../inline-log.ts';
import { remembered } from './remembered-source.ts';

/** The holder of a certificate, as the CA names him. */
export interface Identity {
  readonly san: string;
  readonly facts: IdentityFacts;
}

/** A statement and who signs it: an identity, with a new certificate each time, or a key that he keeps. */
export interface Signed {
  readonly statement: object;
  readonly by: Identity | TestKey;
}

export interface Artifact {
  readonly name: string;
  readonly digests: Digests;
}

interface Asked {
  readonly phase?: Phase;
  /** As the log was at this size; as it is, unless given. */
  readonly treeSize?: number;
}

const MOST_FOUND = 2000;

const ca = issueCa({ name: 'scenario CA', notBefore: '20200101000000Z' });

export class ScenarioLog {
  readonly #log: InlineLog;
  readonly #evidence: LogEvidence;
  readonly #revocation: LogRevocation;
  readonly #clock: { seconds: number };
  /** A submission of before: sent again it changes nothing, and lets the log look at its clock. */
  #again: object | undefined;

  /** @param at when the log begins, `2026-05-11T19:00:00Z` */
  static async begin(at: string): Promise<ScenarioLog> {
    const clock = { seconds: secondsOf(at) };
    const trusted = { roots: [ca.certificate], intermediates: [], authorities: [], timestampAuthorities: [], logs: [] };
    const certificates = { trusted, accept: 'any' as const, identities: [] };
    return new ScenarioLog(await createInlineLog({ certificates, clock: () => clock.seconds }), clock);
  }

  private constructor(log: InlineLog, clock: { seconds: number }) {
    this.#log = log;
    this.#clock = clock;
    this.#evidence = new LogEvidence(log);
    const { spkiHash } = parsePublicKeyPem(log.identity.statementKey);
    this.#revocation = new LogRevocation(
      log,
      { operators: [{ key: toHex(spkiHash) }] },
      (entry, marks) => evidenceOf(entry, marks, 0).credentials,
    );
  }

  /** POSIX seconds. */
  get time(): number {
    return this.#clock.seconds;
  }

  get size(): number {
    return this.#log.head().size;
  }

  /** Whoever runs the log: the holder of its statement key. */
  get operator(): TestKey {
    const { keys } = dataPaths(join(this.#log.folder, 'data'));
    const privateKey = createPrivateKey(readFileSync(join(keys, 'statement.key')));
    const publicKey = createPublicKey(privateKey);
    const spki = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }));
    return { ...testKey('p256'), privateKey, publicKey, spki, pem: this.#log.identity.statementKey };
  }

  /** The log as others see it, at any address. */
  async served(): Promise<{ fetch: typeof fetch; verifierKey: string; timeVerifierKey: string }> {
    const { verifierKey, timeVerifierKey } = this.#log.identity;
    return { fetch: (await inlineApp(undefined, this.#log)).fetch, verifierKey, timeVerifierKey };
  }

  /** Time passes to a moment, and the log stamps its head, as it does every minute. */
  async passTo(at: string): Promise<void> {
    await this.pass(secondsOf(at) - this.time);
  }

  async pass(seconds: number): Promise<void> {
    this.#clock.seconds += seconds;
    if (this.#again === undefined || this.#log.head().time + STAMPED_EVERY > this.time) return;
    const stamped = new Promise<void>((resolve) => {
      const stop = this.#log.onPublished(({ time }) => {
        if (time < this.time) return;
        stop();
        resolve();
      });
    });
    await this.#log.add(this.#again);
    await stamped;
  }

  /** Logs statements in one batch. @returns their indexes */
  async log(...all: readonly Signed[]): Promise<number[]> {
    const submissions = all.map((one) => this.#submission(one));
    const body = new Uint8Array(utf8(submissions.map((one) => JSON.stringify(one)).join('\n')));
    const outcomes = await this.#log.submit({ format: 'ndjson', body, admitted: true });
    this.#again ??= submissions[0]!;
    return outcomes.map(({ receipt, error }) => {
      if (receipt === undefined) throw new Error(error.message);
      return receipt.index;
    });
  }

  /** Logs the digest of an envelope alone. @returns for each, what brings the envelope */
  async logDigestOf(...all: readonly Signed[]): Promise<(() => Promise<void>)[]> {
    return Promise.all(
      all.map(async (one) => {
        const whole = this.#submission(one) as {
          envelope: { payload: string; payloadType: string; signatures: [{ sig: string }] };
        };
        const { payload, payloadType, signatures } = whole.envelope;
        const { envelope: _, ...signer } = whole;
        const signed = pae(payloadType, fromBase64(payload));
        const artifact = { sha256: toHex(sha256(signed)) };
        await this.#log.add({ artifact, signature: signatures[0].sig, ...signer });
        return async () => {
          await this.#log.add(whole);
        };
      }),
    );
  }

  /** Logs a control statement. @returns its index */
  async control(event: ControlEvent, ...by: readonly TestKey[]): Promise<number> {
    const verifiers = by.map((key) => ({ publicKey: key.pem }));
    const made = { envelope: envelope(decodeUtf8(writeControlStatement(event))!, by), verifiers };
    return (await this.#log.add(made)).index;
  }

  source(treeSize = this.size): EvidenceSource {
    return this.#evidence.at(treeSize);
  }

  async find(term: LookupTerm): Promise<readonly Evidence[]> {
    return this.source().find(term, MOST_FOUND);
  }

  /** What stands against an entry, by code. */
  async against(evidence: Evidence): Promise<readonly string[]> {
    return (await this.#revocation.now()).ofEvidence(evidence).map(({ code }) => code);
  }

  /** The gate's decision on each artifact. */
  async decide(policy: Policy, artifacts: readonly Artifact[], asked: Asked = {}): Promise<Decision[]> {
    const { phase = 'deploy', treeSize = this.size } = asked;
    const source = remembered(this.source(treeSize));
    const standing = await this.#revocation.at(treeSize, { follows: namespacesOf(policy.document) });
    const now = asked.treeSize === undefined ? this.time : source.time;
    const decisions: Decision[] = [];
    for (const { name, digests } of artifacts) {
      const artifact = { name: name.startsWith('pkg:') ? name : undefined, digests };
      decisions.push(await decide(source, standing, policy, { artifact, phase, now }));
    }
    return decisions;
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  #submission({ statement, by }: Signed): object {
    const text = JSON.stringify(statement);
    if ('spki' in by) return { envelope: envelope(text, [by]), publicKey: by.pem };
    const { key, certificate } = issueIdentity(by.san, by.facts, this.time, ca);
    return { envelope: envelope(text, [key]), certificate: pem('CERTIFICATE', certificate.der) };
  }
}

/** Seconds after which an idle log stamps its head. */
const STAMPED_EVERY = 60;

export function secondsOf(moment: string): number {
  return Date.parse(moment) / 1000;
}
