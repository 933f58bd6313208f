import { describe, expect, it } from 'vitest';
import { decodeUtf8, utf8 } from '../../../src/core/bytes.ts';
import {
  decisionStatement,
  type LoggedDecision,
  readDecisionStatement,
} from '../../../src/entry/submission/decision-statement.ts';

const artifact = { name: 'pkg:npm/api@1.0.0', digests: { sha256: 'ab'.repeat(32) } };
const decided: LoggedDecision = {
  ...{ decision: 'ALLOW', mode: 'enforce', permitted: true, phase: 'deploy', artifact },
  policy: { name: 'acme/api@release', sha256: 'cd'.repeat(32), source: 'policy: acme/api@release\n' },
  log: {
    ...{ origin: 'log.example.org', treeSize: 9, rootHash: '01'.repeat(32), time: 1_790_000_000 },
    ...{ feedSize: 2, feedRoot: '02'.repeat(32) },
  },
  expires: 1_790_086_400,
  inputs: [
    { index: 3, leafHash: '03'.repeat(32), payloadSha256: '04'.repeat(32) },
    { index: 5, leafHash: '05'.repeat(32), payloadSha256: undefined },
  ],
  levels: ['SLSA_BUILD_LEVEL_3'],
  outcomes: [{ rule: 'provenance.level', outcome: 'pass', code: undefined }],
  affectedBy: [],
  supersedes: 4,
};
const predicateOf = (decision: LoggedDecision) =>
  (JSON.parse(decodeUtf8(decisionStatement(decision))!) as { predicate: Record<string, unknown> }).predicate;

describe('a logged decision', () => {
  it('is read back as it was written', () => {
    const { levels: _, inputs, ...rest } = decided;
    expect(readDecisionStatement(decisionStatement(decided), artifact)).toEqual({
      ...rest,
      inputs: inputs!.map(({ index }) => ({ index })),
    });
  });

  it('has the members that SLSA asks of a summary', () => {
    expect(predicateOf(decided)).toMatchObject({
      verifier: { id: 'urn:countersign:gate:log.example.org' },
      timeVerified: '2026-09-21T14:13:20Z',
      resourceUri: 'pkg:npm/api@1.0.0',
      policy: { uri: 'urn:countersign:policy:acme/api@release', digest: { sha256: 'cd'.repeat(32) } },
      verificationResult: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_3'],
    });
  });

  it.each(['DENY', 'INDETERMINATE'] as const)('claims no level where it is %s', (decision) => {
    expect(predicateOf({ ...decided, decision })).toMatchObject({
      verificationResult: 'FAILED',
      verifiedLevels: ['FAILED'],
    });
  });

  it('names what goes by no URI by its digest', () => {
    const named = { ...decided, artifact: { ...artifact, name: 'api.tgz' } };
    expect(predicateOf(named).resourceUri).toBe(`sha256:${'ab'.repeat(32)}`);
  });

  it('lists no inputs rather than some of them', () => {
    expect(predicateOf({ ...decided, inputs: undefined })).not.toHaveProperty('inputAttestations');
  });

  it('is not read from the summary of another verifier', () => {
    const { 'urn:countersign:decision:v1': _, ...predicate } = predicateOf(decided);
    const type = { _type: 'https://in-toto.io/Statement/v1', subject: [] };
    const other = { ...type, predicateType: 'https://slsa.dev/verification_summary/v1', predicate };
    const read = () => readDecisionStatement(utf8(JSON.stringify(other)), artifact);
    expect(read).toThrow(expect.objectContaining({ code: 'malformed_statement' }));
  });
});
