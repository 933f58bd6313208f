import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64, utf8 } from '../../src/core/bytes.ts';
import { cosigner } from '../../src/core/cosignature.ts';
import { ed25519PublicKey } from '../../src/core/ed25519.ts';
import { isLogError } from '../../src/core/errors.ts';
import { formatNote, formatVerifierKey, NOTE_COSIGNATURE_V1, NOTE_MLDSA_44, parseNote } from '../../src/core/note.ts';
import { openUnderPolicy, parseWitnessPolicy, quorumMet } from '../../src/core/witness-policy.ts';
import { FakeLog } from '../client/fake-log.ts';
import { verdict } from './verdict.ts';

const log = new FakeLog().grow(5);
const seed = (n: number) => new Uint8Array(32).fill(0x40 + n);
const key = (n: number, name = `w${n}.example`) =>
  formatVerifierKey(name, NOTE_COSIGNATURE_V1, ed25519PublicKey(seed(n)));
const witnesses = [1, 2, 3, 4].map((n) => `witness w${n} ${key(n)}`).join('\n');

/** The note with cosignatures of these witnesses, at a time each. */
function cosigned(note: string, ...by: { n: number; time?: number }[]): string {
  const { text, signatures } = parseNote(note);
  const added = by.map(({ n, time = 1_700_000_000 }) => {
    const signer = cosigner(`w${n}.example`, seed(n)).at(time);
    return { name: signer.name, keyId: signer.keyId, bytes: signer.sign(utf8(text)) };
  });
  return formatNote(text, [...signatures, ...added]);
}

function policy(rest: string) {
  return parseWitnessPolicy(`log ${log.verifierKey} https://log.example/\n${witnesses}\n${rest}\n`);
}

describe('a witness policy', () => {
  it('has logs, witnesses with their addresses, and a quorum', () => {
    const text = `# who counts\n\nlog ${log.verifierKey}\nwitness\tw1  ${key(1)} https://w1.example/prefix//\nquorum w1\n`;
    expect(parseWitnessPolicy(text)).toMatchObject({
      logs: [{ verifierKey: log.verifierKey, url: undefined }],
      witnesses: [{ name: 'w1', verifierKey: key(1), url: 'https://w1.example/prefix' }],
      quorum: { witness: 'w1' },
    });
  });

  it('knows witnesses whose keys cannot be verified here, and never counts them', () => {
    const mlDsa = formatVerifierKey('post.example', NOTE_MLDSA_44, new Uint8Array(1312).fill(1));
    const read = parseWitnessPolicy(`witness post ${mlDsa}\nquorum post\n`);
    expect(read.witnesses).toMatchObject([{ name: 'post', verifier: undefined }]);
  });

  it('takes many lines of each kind', () => {
    const many = Array.from({ length: 100 }, (_, n) => `witness v${n} ${key(n % 190, `v${n}.example`)}`);
    const groups = Array.from({ length: 50 }, (_, n) => `group g${n} any v${2 * n} v${2 * n + 1}`);
    expect(parseWitnessPolicy([...many, ...groups, 'quorum g7'].join('\n')).witnesses).toHaveLength(100);
  });

  it.each<[string, string, string]>([
    ['no quorum', `witness w1 ${key(1)}`, 'no quorum'],
    ['two of them', 'quorum none\nquorum none', 'line 2'],
    ['a quorum of nobody', 'quorum w1', 'nothing above this line is named w1'],
    ['a name that comes later', `group g any w1\nwitness w1 ${key(1)}\nquorum g`, 'line 1'],
    ['a name twice', `witness w1 ${key(1)}\nwitness w1 ${key(2)}\nquorum w1`, 'the name w1 is taken'],
    [
      'a key twice, under another name',
      `witness w1 ${key(1)}\nwitness w2 ${key(1, 'z.example')}\nquorum w1`,
      'already',
    ],
    ['a member of two groups', `${witnesses}\ngroup a any w1\ngroup b any w1\nquorum a`, 'line 6'],
    ['a member twice', `${witnesses}\ngroup a any w1 w1\nquorum a`, 'a group already'],
    ['a threshold above the members', `${witnesses}\ngroup a 3 w1 w2\nquorum a`, 'from 1 to 2'],
    ['a threshold of none', `${witnesses}\ngroup a 0 w1 w2\nquorum a`, 'from 1 to 2'],
    ['a group without members', `${witnesses}\ngroup a any\nquorum a`, 'write: group'],
    ['a group named none', `${witnesses}\ngroup none any w1\nquorum none`, 'is no name'],
    ['a comment behind words', `witness w1 ${key(1)} # mine\nquorum w1`, 'write: witness'],
    ['an address that is none', `witness w1 ${key(1)} ftp://w1.example\nquorum w1`, 'http'],
    ['a log’s key for a witness', `witness w1 ${log.verifierKey}\nquorum w1`, 'not cosignatures'],
    ['a witness’s key for a log', `log ${key(1)}\nquorum none`, 'must be Ed25519'],
    ['a key that is none', 'witness w1 w1.example\nquorum w1', 'line 1'],
    ['a word that is none', 'witnesses w1\nquorum none', 'begins with none of'],
    ['a carriage return', 'quorum none\r', 'control character'],
  ])('is refused with %s', (_, text, reason) => {
    let thrown: unknown;
    try {
      parseWitnessPolicy(text);
    } catch (error) {
      thrown = error;
    }
    expect(isLogError(thrown, 'policy_invalid')).toBe(true);
    expect((thrown as Error).message).toContain(reason);
  });
});

describe('a quorum', () => {
  it('of groups within groups is met by thresholds', () => {
    const nested = policy('group first 2 w1 w2 w3\ngroup both all first w4\nquorum both');
    const met = (...names: string[]) => quorumMet(nested, new Set(names));
    expect([met('w1', 'w2', 'w4'), met('w1', 'w3', 'w4'), met('w1', 'w2', 'w3'), met('w1', 'w4')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('is never lost by one more cosignature', () => {
    const nested = policy('group a 2 w1 w2 w3\ngroup b any a w4\nquorum b');
    const names = fc.subarray(['w1', 'w2', 'w3', 'w4']);
    fc.assert(
      fc.property(names, names, (some, more) => {
        if (quorumMet(nested, new Set(some))) expect(quorumMet(nested, new Set([...some, ...more]))).toBe(true);
      }),
    );
  });

  it('of none is met by nobody', () => {
    expect(quorumMet(policy('quorum none'), new Set())).toBe(true);
  });
});

describe('a checkpoint under a policy', () => {
  const two = policy('group g 2 w1 w2 w3\nquorum g');

  it('shows which witnesses cosigned it, when, and whether they are enough', () => {
    const note = cosigned(log.checkpoint(), { n: 2, time: 5 }, { n: 4 }, { n: 2, time: 3 });
    expect(openUnderPolicy(note, two)).toMatchObject({
      size: 5,
      log: { verifierKey: log.verifierKey },
      cosignatures: [
        { witness: 'w2', time: 3 },
        { witness: 'w4', time: 1_700_000_000 },
      ],
      quorumMet: false,
    });
    expect(openUnderPolicy(cosigned(note, { n: 1 }), two).quorumMet).toBe(true);
  });

  it('needs a log of the policy', () => {
    const stranger = new FakeLog('other.example').grow(5);
    expect(verdict(() => openUnderPolicy(cosigned(stranger.checkpoint(), { n: 1 }, { n: 2 }), two))).toBe(
      'checkpoint_unverified',
    );
  });

  it('is refused with a bad cosignature of a known witness, and not with one of a stranger', () => {
    const note = cosigned(log.checkpoint(), { n: 1 }, { n: 2 });
    const line = (name: string, id: string) =>
      `\u2014 ${name} ${toBase64(new Uint8Array([...Buffer.from(id, 'hex'), ...new Uint8Array(72)]))}\n`;
    const id = key(3).split('+')[1]!;
    expect(verdict(() => openUnderPolicy(note + line('w3.example', id), two))).toBe('checkpoint_unverified');
    expect(openUnderPolicy(note + line('w9.example', id), two).quorumMet).toBe(true);
  });

  it('is refused where it is none', () => {
    expect(verdict(() => openUnderPolicy('nothing', two))).toBe('malformed_checkpoint');
  });
});
