/** A first policy for a package, made from what its releases have in common: trust on first use, to be read and kept. */
import type { Credential, Evidence } from '../facts/evidence.ts';
import { type Build, buildOf, credentialOf, isCertified } from './build.ts';
import type { Signer } from './document/trust.ts';
import { standing } from './evidence-in-force.ts';
import { commonPattern, distinct, forAnyTag, refPatterns } from './generalise.ts';
import type { Judged } from './policy-input.ts';
import { isHosted } from './rules/origin.ts';

export interface FromHistory {
  /** YAML, at most 25 lines. */
  readonly text: string;
  /** What the history did not say, for whoever reads the policy. */
  readonly remarks: readonly string[];
}

/** Lines of one list; what is more is drawn together. */
const MOST = 6;

/** Keys cannot be drawn together; what is more than this is left out, and a remark says so. */
const MOST_SIGNERS = 8;

/**
 * A policy that allows all of the history that stands, and what is like it. Facts that only some releases state are
 * not required, nor is provenance where some have none.
 * @param name identifier of the policy
 */
export function policyFromHistory(name: string, history: readonly Judged[]): FromHistory {
  const all = standing(history, Number.POSITIVE_INFINITY);
  const sound = all.flatMap((one) => buildOf(one, { trust: {} }) ?? []).filter(isSound);
  const isBuilt = sound.length > 0 && all.every((one) => sound.some(({ evidence }) => sharesSubject(evidence, one)));
  const head = [`policy: ${quoted(name)}`, 'version: 1', 'mode: enforce', 'trust:'];
  if (isBuilt) {
    const lines = [
      ...head,
      '  builders:',
      ...builderLines(sound),
      'require:',
      '  provenance:',
      ...requirementLines(sound),
    ];
    return { text: `${lines.join('\n')}\n`, remarks: remarksOn(sound) };
  }
  const signers = signersOf(all.flatMap(({ credentials }) => credentials));
  const lines =
    signers.length === 0 ? ['  signers: any'] : ['  signers:', ...signers.map((one) => `    - ${flow(one)}`)];
  const which = sound.length === 0 ? 'no release has' : 'not every release has';
  return {
    text: `${[...head, ...lines, 'require: {signature: any}'].join('\n')}\n`,
    remarks: [`${which} provenance that agrees with its certificate: only signatures are required`],
  };
}

/** A certificate that the log trusts and that says otherwise makes a statement that no policy should be made from. */
function isSound({ evidence }: Build): boolean {
  return evidence.mismatches.length === 0 || credentialOf(evidence, undefined) === undefined;
}

function sharesSubject(one: Evidence, other: Evidence): boolean {
  const digestsOf = ({ subjects }: Evidence) =>
    subjects.flatMap(({ digests }) => [...digests].map((pair) => pair.join(':')));
  const digests = new Set(digestsOf(one));
  return digestsOf(other).some((digest) => digests.has(digest));
}

/** Pairs of builder and signer, for the next tag as well. */
function builderLines(builds: readonly Build[]): string[] {
  const pairs = builds.flatMap(({ claim, evidence }) => {
    const credential = credentialOf(evidence, undefined) ?? evidence.credentials[0];
    if (credential === undefined || claim.builder === undefined) return [];
    return [{ id: forAnyTag(claim.builder), signer: signerFor(credential) }];
  });
  const line = (id: string, signer: Signer, level = levelOf(id)) =>
    `    - {id: ${quoted(id)}, level: ${level}, signer: ${flow(signer)}}`;
  const lines = distinct(pairs.map(({ id, signer }) => line(id, signer)));
  if (lines.length <= MOST) return lines;
  const id = commonPattern(pairs.map((pair) => pair.id));
  const level = Math.min(...pairs.map((pair) => levelOf(pair.id)));
  return drawnTogether(pairs.map(({ signer }) => signer)).map((signer) => line(id, signer, level));
}

/** The level that a builder's own documentation claims; others get none but the first. */
function levelOf(id: string): number {
  if (id.startsWith('https://github.com/slsa-framework/slsa-github-generator/')) return 3;
  return id.startsWith('https://github.com/actions/runner') ? 2 : 1;
}

function signersOf(credentials: readonly Credential[]): Signer[] {
  const signers = credentials.map(signerFor);
  const single = distinct(signers.map((signer) => JSON.stringify(signer)));
  return single.length <= MOST ? single.map((text) => JSON.parse(text) as Signer) : drawnTogether(signers);
}

function signerFor(credential: Credential): Signer {
  const [name] = credential.names;
  if (!isCertified(credential) || name === undefined || credential.issuer === undefined) return { key: credential.key };
  return { issuer: credential.issuer, san: forAnyTag(name) };
}

/** One for each issuer. Keys have nothing in common, and are named while there is room. */
function drawnTogether(signers: readonly Signer[]): Signer[] {
  const issuers = distinct(signers.flatMap(({ issuer }) => issuer ?? []));
  const certified = issuers.map((issuer) => {
    const names = signers.filter((signer) => signer.issuer === issuer).flatMap(({ san }) => san ?? []);
    return { issuer, san: commonPattern(names) };
  });
  const keys = distinct(signers.flatMap(({ key }) => key ?? [])).map((key) => ({ key }));
  return [...certified, ...keys].slice(0, MOST_SIGNERS);
}

/** What all builds state. */
function requirementLines(builds: readonly Build[]): string[] {
  const stated = <Fact>(of: (build: Build) => Fact | undefined): Fact[] | undefined => {
    const values = builds.map(of);
    return values.some((value) => value === undefined) ? undefined : distinct(values as Fact[]);
  };
  const lines = [`    level: ${Math.min(...builds.map(({ claim }) => levelOf(claim.builder ?? '')))}`];
  const add = (member: string, values: readonly string[] | undefined) => {
    if (values !== undefined && values.length <= MOST) lines.push(`    ${member}: [${values.map(quoted).join(', ')}]`);
  };
  const repositories = stated(({ facts }) => facts.repository);
  const ids = stated(({ facts }) => facts.repositoryId);
  if (repositories !== undefined) {
    const id = repositories.length === 1 && ids?.length === 1 ? `, id: ${quoted(ids[0]!)}` : '';
    lines.push(`    repo: {uri: ${quoted(commonPattern(repositories))}${id}}`);
  }
  const refs = stated(({ facts }) => facts.ref);
  add('refs', refs && refPatterns(refs));
  add(
    'workflows',
    stated(({ facts }) => facts.workflow),
  );
  add(
    'triggers',
    stated(({ facts }) => facts.trigger),
  );
  const runners = stated(({ facts }) => facts.runner);
  if (runners?.every(isHosted)) lines.push('    runner: hosted');
  else add('runner', runners);
  add(
    'environment',
    stated(({ facts }) => facts.environment),
  );
  const isShort = builds.every(
    ({ evidence }) => (credentialOf(evidence, undefined)?.lifetime ?? Number.POSITIVE_INFINITY) <= 900,
  );
  if (isShort) lines.push('    keys: {ephemeral: 15m}');
  return lines;
}

function remarksOn(builds: readonly Build[]): string[] {
  const some = (fact: 'repository' | 'ref' | 'trigger') => builds.some(({ facts }) => facts[fact] === undefined);
  const missing = (['repository', 'ref', 'trigger'] as const).filter(some);
  const remarks = missing.map((fact) => `not every release says its ${fact}: none is required`);
  const keys = new Set(builds.map(({ evidence }) => evidence.credentials[0]?.key));
  const isKeyed = builds.some(({ evidence }) => credentialOf(evidence, undefined) === undefined);
  if (isKeyed) remarks.push('some signers are known by their keys alone: no chain that the log trusts');
  if (isKeyed && keys.size > MOST_SIGNERS)
    remarks.push(`there are more keys than a policy should name: ${MOST_SIGNERS} are named`);
  return remarks;
}

function flow({ issuer, san, key }: Signer): string {
  return key === undefined ? `{issuer: ${quoted(issuer ?? '')}, san: ${quoted(san ?? '')}}` : `{key: ${quoted(key)}}`;
}

/** JSON's texts are YAML's. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
