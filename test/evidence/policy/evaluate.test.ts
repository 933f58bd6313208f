import { describe, expect, it } from 'vitest';
import type { SummaryClaim } from '../../../src/entry/predicate/claim.ts';
import { PRESET_NAMES } from '../../../src/evidence/policy/document/policy.ts';
import type { Judged } from '../../../src/evidence/policy/policy-input.ts';
import { GATED_LEVEL } from '../../../src/evidence/policy/rules/source.ts';
import type { Ruling } from '../../../src/evidence/revocation/standing.ts';
import {
  type Chain,
  certificate,
  changed,
  claiming,
  codesOf,
  decide,
  fullChain,
  hex,
  inputOf,
  NOW,
  policyText,
} from './chain.ts';

/** Codes under each preset, with the trust of the tests. */
async function underPresets(input: ReturnType<typeof inputOf>) {
  const verdicts: Record<string, string> = {};
  for (const name of PRESET_NAMES) {
    const decision = await decide(
      policyText(`extends: ${name}\n`).replace(/ {2}signers:.*\n/, (line) =>
        name === 'signed' ? '  signers: any\n' : line,
      ),
      input,
    );
    verdicts[name] = decision.decision === 'ALLOW' ? 'ALLOW' : codesOf(decision).join(' ');
  }
  return verdicts;
}

const WITHDRAWN: Ruling = { code: 'WITHDRAWN', by: [7], reason: 'stolen' };

describe('A18: one artifact under five presets', () => {
  it('the whole chain passes them all', async () => {
    expect(await underPresets(inputOf(fullChain()))).toEqual(
      Object.fromEntries(PRESET_NAMES.map((name) => [name, 'ALLOW'])),
    );
  });

  it('A1: a signature alone satisfies `signed` and nothing above', async () => {
    const { signature } = fullChain();
    const verdicts = await underPresets(inputOf({ signature }));
    expect(verdicts.signed).toBe('ALLOW');
    for (const name of PRESET_NAMES.slice(1)) expect(verdicts[name]).toContain('NO_PROVENANCE');
  });

  it('A1: of 100 artifacts with a right signature and no provenance, `production` refuses all', async () => {
    const { signature } = fullChain();
    const seen = new Set<string>();
    for (let i = 0; i < 100; i++) {
      const digests = new Map([['sha256', hex(`artifact ${i}`)]]);
      const one = changed(signature, { subjects: [{ name: undefined, digests }] });
      const input = inputOf({ signature: one }, { artifact: { name: undefined, digests } });
      const production = await decide(policyText('extends: production\n'), input);
      const signed = await decide('policy: a\nversion: 1\nextends: signed\n', input);
      expect(codesOf(production)).toContain('NO_PROVENANCE');
      seen.add([production.decision, signed.decision, signed.signature, signed.provenance].join(' '));
    }
    expect([...seen]).toEqual(['DENY ALLOW pass not-required']);
  });

  it('B18: provenance and signature alone satisfy `production`, and not `regulated`', async () => {
    const { signature, provenance } = fullChain();
    expect(await underPresets(inputOf({ signature, provenance }))).toEqual({
      signed: 'ALLOW',
      'slsa-build-2': 'ALLOW',
      'slsa-build-3': 'ALLOW',
      production: 'ALLOW',
      regulated:
        'SHARED_TRUST_BOUNDARY SOURCE_UNATTESTED SOURCE_LEVEL SOURCE_PROPERTY UNPINNED_DEPENDENCY ATTESTATION_MISSING ATTESTATION_MISSING ATTESTATION_MISSING ATTESTATION_MISSING ATTESTATION_MISSING ATTESTATION_MISSING',
    });
  });

  it('B21: provenance alone is no release signature', async () => {
    const { provenance } = fullChain();
    const verdicts = await underPresets(inputOf({ provenance }));
    expect(verdicts).toMatchObject({ 'slsa-build-3': 'ALLOW', production: 'NO_SIGNATURE SIGNER_NOT_ALLOWED' });
  });

  it('B21: the signature is judged last, and a wrong one refuses what is rightly built', async () => {
    const chain = fullChain();
    const signature = changed(chain.signature, { credentials: [certificate('https://mallory.example/release')] });
    const decision = await decide(policyText('extends: production\n'), inputOf({ ...chain, signature }));
    expect([decision.decision, codesOf(decision), decision.provenance]).toEqual([
      'DENY',
      ['SIGNER_NOT_ALLOWED'],
      'pass',
    ]);
    expect(decision.results.at(-1)?.section).toBe('signature');
  });

  it('nothing at all passes none', async () => {
    const verdicts = await underPresets(inputOf({}));
    for (const name of PRESET_NAMES) expect(verdicts[name]).toContain('NO_SIGNATURE');
  });
});

describe('a chain of custody', () => {
  const text = policyText(
    'require: {signature: release, provenance: {level: 3}, source: {level: 3, gated: true}, attest: [{type: test-result}], approvals: {count: 2, from: group:release}}\n',
  );

  it('B1: holds where every link is there', async () => {
    expect((await decide(text, inputOf(fullChain()))).decision).toBe('ALLOW');
  });

  const ungated = (chain: Chain) => {
    const levels = (chain.summary.evidence.claim as SummaryClaim).levels.filter((level) => level !== GATED_LEVEL);
    return { summary: claiming<SummaryClaim>(chain.summary, { levels }) };
  };
  it.each<[string, string, (chain: Chain) => Partial<Record<keyof Chain, Judged | undefined>>]>([
    ['source', 'SOURCE_UNATTESTED', () => ({ summary: undefined })],
    ['review', 'APPROVAL_MISSING', () => ({ approvalOne: undefined })],
    ['the gate before the build', 'INPUT_NOT_GATED', ungated],
    ['build', 'NO_PROVENANCE', () => ({ provenance: undefined })],
    ['test', 'ATTESTATION_MISSING', () => ({ test: undefined })],
    ['signature', 'NO_SIGNATURE', () => ({ signature: undefined })],
  ])('B1: that breaks at %s says %s', async (_, code, broken) => {
    const chain = fullChain();
    const decision = await decide(text, inputOf({ ...chain, ...broken(chain) } as Partial<Chain>));
    expect([decision.decision, codesOf(decision)[0]]).toEqual(['DENY', code]);
  });
});

describe('a decision', () => {
  it('A1: shows signature and provenance apart', async () => {
    const { signature, provenance } = fullChain();
    const text = policyText('require: {signature: release, provenance: {level: 3}}\n');
    const seen = async (chain: Parameters<typeof inputOf>[0]) => {
      const { decision, signature, provenance } = await decide(text, inputOf(chain));
      return [decision, signature, provenance];
    };
    expect(await seen({ signature, provenance })).toEqual(['ALLOW', 'pass', 'pass']);
    expect(await seen({ signature })).toEqual(['DENY', 'pass', 'fail']);
    expect(await seen({ provenance })).toEqual(['DENY', 'fail', 'pass']);
  });

  it('names what proves each outcome', async () => {
    const chain = fullChain();
    const { results } = await decide(policyText('require: {provenance: {level: 3}}\n'), inputOf(chain));
    const { index, leafHash } = chain.provenance.evidence;
    expect(results.find(({ rule }) => rule === 'provenance.level')?.evidence).toEqual([{ index, leafHash }]);
  });

  it('says what to do', async () => {
    const { results } = await decide(policyText('require: {provenance: {level: 3}}\n'), inputOf({}));
    for (const { outcome, fix, message } of results.filter(({ outcome }) => outcome !== 'pass')) {
      expect([outcome, fix === undefined, message]).toEqual([outcome, false, expect.stringMatching(/.{10}/)]);
    }
  });

  it.each([
    ['audit', true],
    ['warn', true],
    ['enforce', false],
  ])('in mode %s permits what it denies: %s', async (mode, permitted) => {
    const decision = await decide(policyText(`mode: ${mode}\n`), inputOf({}));
    expect([decision.decision, decision.permitted]).toEqual(['DENY', permitted]);
  });

  it.each([
    ['enforce', 'DENY'],
    ['warn', 'INDETERMINATE'],
    ['audit', 'INDETERMINATE'],
  ])('on a stale log is, in mode %s, %s', async (mode, verdict) => {
    const stale = inputOf(fullChain());
    const text = policyText(`mode: ${mode}\n`).replace(
      'origin: log.acme.example',
      'origin: log.acme.example, maxStaleness: 60s',
    );
    const decision = await decide(text, { ...stale, log: { ...stale.log, staleness: 61 } });
    expect([decision.decision, codesOf(decision)]).toEqual([verdict, ['STALE_LOG']]);
    expect((await decide(text, { ...stale, log: { ...stale.log, staleness: 60 } })).decision).toBe('ALLOW');
  });

  it('is not helped by evidence that was taken back, and says why', async () => {
    const chain = fullChain();
    const taken = { ...chain, provenance: { ...chain.provenance, rulings: [WITHDRAWN] } };
    const decision = await decide(policyText('require: {provenance: {level: 3}}\n'), inputOf(taken));
    expect(codesOf(decision)).toEqual(expect.arrayContaining(['WITHDRAWN', 'NO_PROVENANCE']));
    expect(decision.affectedBy).toEqual([7]);
  });

  it('does not mind evidence that was taken back where other evidence takes its place', async () => {
    const chain = fullChain();
    const input = inputOf(chain);
    const about = [
      { ...chain.sbom, rulings: [WITHDRAWN] },
      { ...chain.provenance, rulings: [WITHDRAWN] },
      ...input.about,
    ];
    expect(codesOf(await decide(policyText('extends: production\n'), { ...input, about }))).toEqual([]);
  });

  it('does not mind that evidence was taken back that nobody asked for', async () => {
    const { signature, provenance, sbom } = fullChain();
    const input = inputOf({ signature, provenance, sbom: { ...sbom, rulings: [WITHDRAWN] } });
    expect(codesOf(await decide(policyText('extends: production\n'), input))).toEqual([]);
  });

  it('does not mind a build that falls short where no build is asked for', async () => {
    const { signature, provenance } = fullChain();
    const young = { ...provenance, evidence: { ...provenance.evidence, loggedAt: NOW - 60 } };
    const text = policyText('require: {logged: {minAge: 4h}}\n');
    expect(codesOf(await decide(text, inputOf({ signature, provenance: young })))).toEqual([]);
    expect(codesOf(await decide(text, inputOf({ provenance: young })))).toEqual(['MIN_AGE']);
  });

  it('is DENY on a revoked artifact, whatever else there is, and that something replaces it does not matter', async () => {
    const input = inputOf(fullChain());
    const under = async (code: Ruling['code']) =>
      codesOf(await decide(policyText(''), { ...input, rulings: [{ code, by: [3], reason: undefined }] }));
    expect(await under('ARTIFACT_REVOKED')).toEqual(['ARTIFACT_REVOKED']);
    expect(await under('SUPERSEDED')).toEqual([]);
  });

  it('does not count what is about another artifact, shares only a weak digest, or came after the tree', async () => {
    const chain = fullChain();
    const text = policyText('require: {provenance: {level: 3}}\n');
    const withSubjects = (digests: [string, string][]) =>
      decide(
        text,
        inputOf(
          {
            provenance: {
              ...chain.provenance,
              evidence: { ...chain.provenance.evidence, subjects: [{ name: undefined, digests: new Map(digests) }] },
            },
          },
          {
            artifact: {
              name: undefined,
              digests: new Map([
                ['sha256', 'ab'.repeat(32)],
                ['md5', 'aa'],
              ]),
            },
          },
        ),
      );
    expect((await withSubjects([['sha256', 'ab'.repeat(32)]])).decision).toBe('ALLOW');
    expect((await withSubjects([['sha256', 'ac'.repeat(32)]])).decision).toBe('DENY');
    expect((await withSubjects([['md5', 'aa']])).decision).toBe('DENY');
    const late = inputOf(chain);
    expect((await decide(text, { ...late, log: { ...late.log, treeSize: 100 } })).decision).toBe('DENY');
  });

  it("judges by the build that holds, and is not spoilt by a stranger's", async () => {
    const chain = fullChain();
    const input = inputOf(chain);
    const strangers = Array.from({ length: 20 }, (_, at) => {
      const { evidence } = chain.provenance;
      return {
        rulings: [],
        evidence: {
          ...evidence,
          index: 200 + at,
          credentials: [{ ...evidence.credentials[0]!, names: ['https://evil'], key: `${at}` }],
        },
      };
    });
    expect(
      (await decide(policyText('extends: production\n'), { ...input, about: [...input.about, ...strangers] })).decision,
    ).toBe('ALLOW');
  });

  it("takes no build's word that the policy does not trust, where only its source is asked for", async () => {
    const chain = fullChain();
    const untrusted = { ...chain.provenance, evidence: { ...chain.provenance.evidence, credentials: [] } };
    const decision = await decide(
      policyText('require: {source: {level: 3}}\n'),
      inputOf({ ...chain, provenance: untrusted }),
    );
    expect(codesOf(decision)).toEqual(['SIGNER_NOT_ALLOWED']);
  });
});

describe('exceptions', () => {
  const exception = (more: string) =>
    policyText(
      `require: {provenance: {level: 3}, source: {tagged: true}}\nexceptions:\n  - {rule: source.tagged, subject: "sha256:${'ab'.repeat(32)}", until: 2026-12-01, reason: hotfix, approvedBy: [alice, bob]${more}}\n`,
    );
  const untagged = () => {
    const { tag: _, ...rest } = fullChain();
    return inputOf(rest);
  };

  it('B15: let one rule pass for one artifact, until they end', async () => {
    const { decision, results } = await decide(exception(''), untagged());
    expect([decision, results.find(({ rule }) => rule === 'source.tagged')]).toMatchObject([
      'ALLOW',
      { outcome: 'excepted', code: 'NO_SOURCE_TAG', message: expect.stringContaining('alice, bob: hotfix') },
    ]);
    const later = untagged();
    const ended = { ...later, log: { ...later.log, time: Date.parse('2026-12-02T00:00:00Z') / 1000 } };
    expect((await decide(exception(''), ended)).decision).toBe('DENY');
  });

  it('count only with enough approvers, and for no other artifact', async () => {
    expect((await decide(`${exception('')}exceptionApprovers: 3\n`, untagged())).decision).toBe('DENY');
    const other = exception('').replace('ab'.repeat(32), 'ac'.repeat(32));
    expect((await decide(other, untagged())).decision).toBe('DENY');
  });

  it('may be logged', async () => {
    const granted = {
      index: 9,
      rule: 'source.tagged',
      subject: `sha256:${'ab'.repeat(32)}`,
      until: 2_000_000_000,
      reason: 'r',
      approvers: 2,
    };
    const text = policyText('require: {provenance: {level: 3}, source: {tagged: true}}\nexceptionApprovers: 2\n');
    expect((await decide(text, { ...untagged(), exceptions: [granted] })).decision).toBe('ALLOW');
    expect((await decide(text, { ...untagged(), exceptions: [{ ...granted, approvers: 1 }] })).decision).toBe('DENY');
    expect((await decide(text, { ...untagged(), exceptions: [{ ...granted, until: 5 }] })).decision).toBe('DENY');
  });

  it('from provenance cover what only provenance could show', async () => {
    const { signature } = fullChain();
    const text = policyText(
      `require: {provenance: {level: 3}}\nexceptions:\n  - {rule: provenance.present, subject: "sha256:${'ab'.repeat(32)}", until: 2026-12-01, reason: vendor, approvedBy: [a]}\n`,
    );
    expect((await decide(text, inputOf({ signature }))).decision).toBe('ALLOW');
  });

  it.each(['revocation.artifact', 'log.fresh', 'policy.expires'])('are refused for %s', async (rule) => {
    await expect(decide(exception('').replace('source.tagged', rule), untagged())).rejects.toMatchObject({
      code: 'policy_invalid',
      message: expect.stringContaining('nothing excepts'),
    });
  });

  it('are refused for a rule that does not exist', async () => {
    await expect(decide(exception('').replace('source.tagged', 'source.taged'), untagged())).rejects.toMatchObject({
      message: expect.stringContaining('did you mean source.tagged?'),
    });
  });
});
