import { describe, expect, it } from 'vitest';
import { decodeUtf8, utf8 } from '../../../src/core/bytes.ts';
import { isLogError } from '../../../src/core/errors.ts';
import {
  type ControlEvent,
  MAX_CONTROL_LENGTH,
  readControlStatement,
  writeControlStatement,
} from '../../../src/entry/control/control-statement.ts';
import { CONTROL_EVENTS } from '../../../src/entry/control/control-type.ts';
import { ONE_OF_EACH } from './control-events.ts';

/** A statement that a test may spoil anywhere. */
// biome-ignore lint/suspicious/noExplicitAny: whatever JSON holds
type Loose = Record<string, any>;

function textOf(name: ControlEvent['event']): Loose {
  const event = ONE_OF_EACH.find((one) => one.event === name)!;
  return JSON.parse(decodeUtf8(writeControlStatement(event))!);
}

/** Where a statement is faulty: the JSON pointer of its refusal. */
function faultOf(name: ControlEvent['event'], change: (statement: Loose) => void): string | undefined {
  const statement = textOf(name);
  change(statement);
  try {
    readControlStatement(utf8(JSON.stringify(statement)));
    return undefined;
  } catch (error) {
    if (isLogError(error, 'malformed_control')) return error.at;
    throw error;
  }
}

describe('a control statement', () => {
  it('is there of every kind', () => {
    expect(ONE_OF_EACH.map(({ event }) => event)).toEqual(CONTROL_EVENTS);
  });

  it.each(ONE_OF_EACH)('$event is read as it was written', (event) => {
    expect(readControlStatement(writeControlStatement(event))).toEqual(event);
  });

  it.each(ONE_OF_EACH)('$event has no member that is not known', ({ event }) => {
    expect(faultOf(event, ({ predicate }) => Object.assign(predicate, { more: 1 }))).toBe('/predicate');
  });

  it.each(ONE_OF_EACH)('$event says when it was issued', ({ event }) => {
    expect(faultOf(event, ({ predicate }) => delete predicate.issued)).toBe('/predicate/issued');
  });

  it.each(ONE_OF_EACH.filter(({ event }) => !['key-revoke', 'withdraw'].includes(event)))(
    '$event names its namespace',
    ({ event }) => {
      expect(faultOf(event, ({ predicate }) => delete predicate.namespace)).toBe('/predicate/namespace');
    },
  );

  it('has no other members beside predicate and subject', () => {
    expect(faultOf('withdraw', (statement) => Object.assign(statement, { note: '' }))).toBe('');
  });

  it('is an in-toto statement of version 1', () => {
    const change = (statement: Loose) => Object.assign(statement, { _type: 'https://in-toto.io/Statement/v0.1' });
    expect(faultOf('withdraw', change)).toBe('/_type');
  });

  it('is of a kind that is known', () => {
    const change = (statement: Loose) => Object.assign(statement, { predicateType: 'urn:countersign:control:x:v1' });
    expect(faultOf('withdraw', change)).toBe('/predicateType');
  });

  it('does not repeat what it was sent', () => {
    const statement = textOf('withdraw');
    statement.predicate['secret-name'] = 'secret-value';
    expect(() => readControlStatement(utf8(JSON.stringify(statement)))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });

  it('repeats no member', () => {
    const twice = '{"_type":"https://in-toto.io/Statement/v1","_type":"https://in-toto.io/Statement/v1"}';
    expect(() => readControlStatement(utf8(twice))).toThrow(expect.objectContaining({ code: 'malformed_json' }));
  });

  it('is bounded in length', () => {
    const long = utf8(' '.repeat(MAX_CONTROL_LENGTH + 1));
    expect(() => readControlStatement(long)).toThrow(expect.objectContaining({ code: 'limit_exceeded' }));
  });
});

describe('the subject of a control statement', () => {
  it.each(['authority-set', 'identity-suspend', 'identity-reinstate', 'builder-revoke', 'dependency-taint'] as const)(
    'of %s is the digest of what it names',
    (event) => {
      const change = ({ subject }: Loose) => Object.assign(subject[0].digest, { sha256: '00'.repeat(32) });
      expect(faultOf(event, change)).toBe('/subject/0/digest');
    },
  );

  it('of withdrawn leaves is the leaf hashes', () => {
    expect(faultOf('withdraw', ({ subject }) => Object.assign(subject[0].digest, { sha256: '00'.repeat(32) }))).toBe(
      '/subject',
    );
  });

  it('of an exception is one digest, so that nobody gets two for one', () => {
    const change = ({ subject }: Loose) => Object.assign(subject[0].digest, { gitCommit: '00'.repeat(20) });
    expect(faultOf('exception-grant', change)).toBe('/subject/0/digest');
  });

  it('has digests of the length of their algorithm', () => {
    const change = ({ subject }: Loose) => Object.assign(subject[0].digest, { sha256: 'aa' });
    expect(faultOf('supersede', change)).toBe('/subject/0/digest/sha256');
  });

  it('has digests of algorithms that are known', () => {
    const change = ({ subject }: Loose) => Object.assign(subject[0].digest, { md5: 'aa'.repeat(16) });
    expect(faultOf('supersede', change)).toBe('/subject/0/digest');
  });
});

describe('an authority', () => {
  const faultyAuthority = (change: (predicate: Loose) => void) =>
    faultOf('authority-set', ({ predicate }) => change(predicate));

  it('has no threshold that its owners cannot reach', () => {
    expect(faultyAuthority(({ thresholds }) => Object.assign(thresholds, { authority: 4 }))).toBe(
      '/predicate/thresholds/authority',
    );
  });

  it('never gives back more easily than it takes away', () => {
    expect(faultyAuthority(({ thresholds }) => Object.assign(thresholds, { revoke: 3 }))).toBe(
      '/predicate/thresholds/reinstate',
    );
  });

  it('lists nobody twice', () => {
    expect(faultyAuthority((predicate) => predicate.owners.push(predicate.owners[0]))).toBe('/predicate/owners');
    expect(faultyAuthority((predicate) => predicate.revokers.push(predicate.owners[0]))).toBe('/predicate/revokers');
  });

  it('names each principal by a key or by an identity', () => {
    expect(faultyAuthority(({ owners }) => Object.assign(owners[2], { key: '55'.repeat(32) }))).toBe(
      '/predicate/owners/2',
    );
  });
});

describe('a revocation of a key', () => {
  it('names a last valid index for compromise only', () => {
    expect(faultOf('key-revoke', ({ predicate }) => Object.assign(predicate, { reason: 'retired' }))).toBe(
      '/predicate/lastValidIndex',
    );
  });

  it('by rotation names another key', () => {
    const change = ({ predicate, subject }: Loose) => Object.assign(predicate, { previous: subject[0].digest.sha256 });
    expect(faultOf('key-rotate', change)).toBe('/predicate/previous');
  });
});

describe('a window', () => {
  it('of indexes does not end before it begins', () => {
    expect(faultOf('builder-revoke', ({ predicate }) => Object.assign(predicate.indexes, { to: 2 }))).toBe(
      '/predicate/indexes/to',
    );
  });

  it('of time does not end before it begins', () => {
    expect(faultOf('dependency-taint', ({ predicate }) => Object.assign(predicate.window, { to: 2 }))).toBe(
      '/predicate/window/to',
    );
  });

  it('of versions has versions', () => {
    expect(faultOf('builder-revoke', ({ predicate }) => Object.assign(predicate.versions, { from: 'main' }))).toBe(
      '/predicate/versions/from',
    );
  });
});
