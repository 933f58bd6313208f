import { describe, expect, it } from 'vitest';
import type { ProvenanceClaim } from '../../../../src/entry/predicate/claim.ts';
import type { PolicyInput } from '../../../../src/evidence/policy/policy-input.ts';
import {
  bareKey,
  changed,
  claiming,
  codesOf,
  decide,
  dependency,
  evidence,
  fullChain,
  inputOf,
  policyText,
  stands,
} from '../chain.ts';

const asserting = (cel: string) =>
  policyText(
    `require: {provenance: {}}\nassert:\n  - {id: one, cel: ${JSON.stringify(cel)}, message: do it otherwise}\n`,
  );

async function outcome(cel: string, input: PolicyInput = inputOf(fullChain())) {
  const { results, decision } = await decide(asserting(cel), input);
  const { outcome, code } = results.find(({ rule }) => rule === 'assert.one')!;
  return outcome === 'pass' ? decision : code;
}

/** Why an expression is refused before it is evaluated. */
async function refusal(cel: string): Promise<string> {
  return decide(asserting(cel), inputOf(fullChain())).then(
    () => 'accepted',
    ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
  );
}

describe('an assertion', () => {
  it.each([
    'true',
    'provenance.trigger == "push"',
    'provenance.repository.startsWith("https://github.com/acme/")',
    'glob("refs/tags/v*", provenance.ref)',
    'provenance.level >= 3',
    'cert.runnerEnvironment == "github-hosted" && cert.lifetime <= 600',
    'log.ageSeconds >= seconds("4h") && log.treeSize == 1000',
    'deps.all(d, d.pinned || d.platform || glob("https://github.com/actions/virtual-environments/", d.uri))',
    'deps.exists(d, d.digests.sha256 == "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1")',
    '"SLSA_SOURCE_LEVEL_4" in source.levels',
    'source.activities.all(a, a == "pr_merge")',
    'size(approvals) == 2 && approvals.exists(a, a.endsWith(" alice"))',
    'attestations.exists(a, a.type == "sbom")',
    'signers.all(s, s.contains("acme"))',
    'has(provenance.environment) ? provenance.environment == "production" : false',
    '!has(provenance.nothing)',
    'versionAtLeast("22.4.1", "22.4") && !versionAtLeast("v9", "10.0")',
    'revocation.feedSize == 3',
    'artifact.phase == "deploy"',
  ])('%s: ALLOW', async (cel) => {
    expect(await outcome(cel)).toBe('ALLOW');
  });

  it.each([
    ['false', 'ASSERTION_FAILED'],
    ['provenance.trigger == "discussion"', 'ASSERTION_FAILED'],
    ['provenance.nothing == "x"', 'POLICY_ERROR'],
    ['provenance.constructor == "x"', 'POLICY_ERROR'],
    ['provenance.__proto__ == "x"', 'POLICY_ERROR'],
    ['has(provenance.constructor)', 'ASSERTION_FAILED'],
    ['provenance.trigger', 'POLICY_ERROR'],
    ['provenance', 'POLICY_ERROR'],
    ['provenance.trigger < 3', 'POLICY_ERROR'],
    ['log.treeSize / 0 == 1', 'POLICY_ERROR'],
    ['source.levels[99] == "x"', 'POLICY_ERROR'],
    ['seconds("soon") > 1', 'POLICY_ERROR'],
    ['versionAtLeast("x", "1")', 'POLICY_ERROR'],
    [`glob("${'*a'.repeat(17)}", provenance.ref)`, 'POLICY_ERROR'],
  ])('%s: %s', async (cel, code) => {
    expect(await outcome(cel)).toBe(code);
  });

  it('denies with its own message, and with its own rule', async () => {
    const { decision, results } = await decide(asserting('false'), inputOf(fullChain()));
    expect([decision, results.at(-1)]).toMatchObject(['DENY', { rule: 'assert.one', message: 'do it otherwise' }]);
  });

  it.each([
    ['"aaaa!".matches("^(a+)+$")', 'uses "matches"'],
    ['deps.exists(d, d.uri.matches(".*"))', 'uses "matches"'],
    ['cel.bind(x, 1, x == 1)', 'uses "bind"'],
    ['"a,b".split(",").size() == 2', 'uses "split"'],
    ['dyn(1) == 1', 'uses "dyn"'],
    ['process.exit()', 'uses "exit"'],
    ['evidence.size() == 0', 'Unknown variable'],
    ['1', 'of type int'],
    ['"a" + 1', 'assert.0.cel'],
    ['(', 'assert.0.cel'],
    [Array.from({ length: 100 }, () => '1 == 1').join(' && '), 'maxAstNodes'],
    [`${'('.repeat(40)}true${')'.repeat(40)}`, 'maxDepth'],
    ['deps.all(a, deps.all(b, deps.all(c, deps.all(d, true))))', 'more than 3 comprehensions'],
  ])('%s is refused before it is evaluated: %s', async (cel, why) => {
    expect(await refusal(cel)).toContain(why);
    expect(await refusal(cel)).toContain('policy_invalid');
  });

  it('is POLICY_ERROR where it would look at too much, and at once', async () => {
    const chain = fullChain();
    const many = (length: number) =>
      Array.from({ length }, (_, at) => dependency(`https://npm.acme.example/${at}`, { sha256: `${at}` }));
    const withDependencies = (length: number) =>
      inputOf({ ...chain, provenance: claiming<ProvenanceClaim>(chain.provenance, { dependencies: many(length) }) });
    const thrice = 'deps.all(a, deps.all(b, deps.all(c, a.uri != "" || b.uri != c.uri)))';
    const started = performance.now();
    expect(await outcome('deps.all(d, d.pinned)', withDependencies(1_000))).toBe('ALLOW');
    expect(await outcome('deps.all(d, d.pinned)', withDependencies(1_001))).toBe('POLICY_ERROR');
    expect(await outcome('size(signers) > 0', withDependencies(1_001))).toBe('ALLOW');
    expect(await outcome(thrice, withDependencies(50))).toBe('ALLOW');
    expect(await outcome(thrice, withDependencies(1_000))).toBe('POLICY_ERROR');
    const doubled = `[deps]${'.map(a, a + a)'.repeat(12)}.size() > 0`;
    expect(await outcome(doubled, withDependencies(1_000))).toBe('POLICY_ERROR');
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('is POLICY_ERROR where glob has too much to do', async () => {
    const chain = fullChain();
    const dependencies = Array.from({ length: 900 }, () => dependency('x'.repeat(2_000), {}));
    const input = inputOf({ ...chain, provenance: claiming<ProvenanceClaim>(chain.provenance, { dependencies }) });
    expect(await outcome('deps.all(d, !glob("*a*b*c*d", d.uri))', input)).toBe('POLICY_ERROR');
  });

  it('sees no build, certificate or attestation that is not trusted', async () => {
    const chain = fullChain();
    const untrusted = changed(chain.provenance, { credentials: [bareKey('evil')] });
    const input = inputOf({
      ...chain,
      provenance: untrusted,
      sbom: changed(chain.sbom, { credentials: [bareKey('evil')] }),
    });
    expect(await outcome('provenance.trigger == "push"', input)).toBe('POLICY_ERROR');
    expect(await outcome('cert.buildTrigger == "push"', input)).toBe('POLICY_ERROR');
    expect(await outcome('attestations.exists(a, a.type == "sbom")', input)).toBe('ASSERTION_FAILED');
    const stranger = stands(evidence(undefined, bareKey('evil')));
    const whole = inputOf(chain);
    const joined = { ...whole, about: [...whole.about, stranger] };
    expect(await outcome('signers.all(s, s != "evil")', joined)).toBe('ALLOW');
  });

  it('has errors that exceptions cover like any rule', async () => {
    const text = `${asserting('false')}exceptions:\n  - {rule: assert.one, subject: "sha256:${'ab'.repeat(32)}", until: 2026-12-01, reason: r, approvedBy: [a]}\n`;
    const decision = await decide(text, inputOf(fullChain()));
    expect([decision.decision, codesOf(decision)]).toEqual(['ALLOW', []]);
  });
});
