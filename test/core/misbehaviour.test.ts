import { describe, expect, it } from 'vitest';
import {
  convict,
  inconsistentTrees,
  type MisbehaviourEvidence,
  parseEvidence,
  twoRoots,
} from '../../src/core/misbehaviour.ts';
import { FakeLog } from '../client/fake-log.ts';
import { verdict } from './verdict.ts';

const log = new FakeLog().grow(6);
const other = log.fork(3).grow(5);
const tree = (of: FakeLog, size: number) => ({
  origin: of.origin,
  size,
  root: of.root(size),
  note: of.checkpoint(size),
});
const double = twoRoots(log.verifierKey, tree(log, 5), tree(other, 5));
const fork = inconsistentTrees(log.verifierKey, tree(log, 6), tree(other, 9), {
  provenRoot: other.root(6),
  proof: other.consistency(6, 9),
});

describe('evidence that convicts', () => {
  it('two roots of one size', () => {
    expect(convict(double)).toMatchObject({
      kind: 'two-roots',
      signed: [
        { size: 5, root: log.root(5) },
        { size: 5, root: other.root(5) },
      ],
      otherRoot: other.root(5),
    });
  });

  it('a larger tree that is proved to begin with another', () => {
    expect(convict(fork, log.verifierKey)).toMatchObject({ kind: 'inconsistent', otherRoot: other.root(6) });
  });

  it('survives being written and read', () => {
    for (const evidence of [double, fork]) {
      expect(parseEvidence(JSON.stringify(evidence))).toEqual(evidence);
    }
  });
});

describe('evidence that convicts nobody', () => {
  const honest = inconsistentTrees(log.verifierKey, tree(other, 6), tree(other, 9), {
    provenRoot: other.root(6),
    proof: other.consistency(6, 9),
  });
  const stranger = new FakeLog('log.example', new Uint8Array(32).fill(9));
  const cases: [string, MisbehaviourEvidence, string][] = [
    ['a tree that grew', honest, 'proof_invalid'],
    ['one root twice', { ...double, notes: [double.notes[0], double.notes[0]] }, 'proof_invalid'],
    ['roots of two sizes', { ...double, notes: [log.checkpoint(4), other.checkpoint(5)] }, 'proof_invalid'],
    [
      'a proof that fails',
      { ...fork, consistencyProof: log.consistency(3, 6).map(() => '00'.repeat(32)) },
      'proof_invalid',
    ],
    ['a root that nothing proves', { ...fork, provenRoot: '00'.repeat(32) }, 'proof_invalid'],
    ['the larger size first', { ...fork, notes: [fork.notes[1], fork.notes[0]] }, 'proof_invalid'],
    [
      'a note that another signed',
      { ...double, notes: [double.notes[0], stranger.grow(5).checkpoint(5)] },
      'checkpoint_unverified',
    ],
    ['a note of another log', { ...double, origin: 'other.example' }, 'checkpoint_unverified'],
    ['a hash that is none', { ...fork, provenRoot: 'xy' }, 'malformed_proof'],
  ];

  it.each(cases)('%s', (_, evidence, code) => {
    expect(verdict(() => convict(evidence))).toBe(code);
  });

  it('about a key that the reader does not know', () => {
    expect(verdict(() => convict(double, stranger.verifierKey))).toBe('wrong_key');
  });
});

describe('a file that cannot be read', () => {
  const { provenRoot, ...unproven } = fork;
  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['another schema', JSON.stringify({ ...double, schema: 'countersign/evidence/v2' })],
    ['a member of no meaning', JSON.stringify({ ...double, comment: '' })],
    ['one note', JSON.stringify({ ...double, notes: [double.notes[0]] })],
    ['an unknown kind', JSON.stringify({ ...double, kind: 'rumour' })],
    ['a proof where none belongs', JSON.stringify({ ...double, provenRoot })],
    ['no proof where one belongs', JSON.stringify(unproven)],
    ['no key', JSON.stringify({ ...double, verifierKey: undefined })],
  ])('%s', (_, text) => {
    expect(verdict(() => parseEvidence(text))).toBe('malformed_proof');
  });
});
