import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { identityOf } from '../../src/log/keys.ts';
import { checkAnchor, checkHead, checkIdentity } from '../../src/log/start-checks.ts';
import { tilePosition } from '../../src/storage/sqlite/log-rows.ts';
import { flipped, LARGE_SIZE, type LargeLog, makeLargeLog, openLargeLog, removeLargeLog } from './large-log.ts';
import { MemoryStore } from './memory-store.ts';
import { identity, keys, signer, testKeys } from './test-identity.ts';

beforeAll(makeLargeLog, 60_000);
afterAll(removeLargeLog);

const code = (expected: string) => expect.objectContaining({ code: expected });

/** A log of its own, damaged or not. */
function withLog<T>(use: (log: LargeLog) => T): T {
  const log = openLargeLog();
  try {
    return use(log);
  } finally {
    log.close();
  }
}

describe('the identity', () => {
  it('is the one that was pinned', () => {
    expect(() => checkIdentity(identity, { ...identity })).not.toThrow();
  });

  it('names another origin', () => {
    expect(() => checkIdentity(identity, identityOf('other.example.org', keys))).toThrow(code('wrong_origin'));
  });

  it.each(['checkpoint', 'time', 'statement'] as const)('has another %s key', (role) => {
    const own = identityOf(identity.origin, { ...keys, [role]: testKeys()[role] });
    expect(() => checkIdentity(identity, own)).toThrow(code('wrong_key'));
  });
});

describe('the head', () => {
  const check = (log: LargeLog) => checkHead(log.rows, identity);

  it('is handed back with its edge where everything fits', () =>
    withLog((log) => {
      const { head, edge } = check(log);
      expect(head).toEqual(log.head);
      expect([edge.size, toHex(edge.root())]).toEqual([LARGE_SIZE, toHex(log.head.root)]);
    }));

  it('may have been stamped again', () =>
    withLog((log) => {
      const time = log.head.time + 60;
      log.damage('UPDATE head SET time = ?, note = ?', time, signer.sign(LARGE_SIZE, log.head.root, time));
      expect(check(log).head.time).toBe(time);
    }));

  it.each<[string, (log: LargeLog) => void]>([
    ['a size that was not signed', ({ damage }) => damage('UPDATE head SET size = size - 1')],
    [
      'an older size, its checkpoints left behind',
      ({ damage, rows }) => {
        const { size, root, time, note } = rows.checkpoint(66_000)!;
        damage('UPDATE head SET size = ?, root = ?, time = ?, note = ?', size, root, time, note);
      },
    ],
    ['a changed root', ({ damage, head }) => damage('UPDATE head SET root = ?', flipped(head.root, 77))],
    ['a changed time', ({ damage }) => damage('UPDATE head SET time = time + 1')],
    ['a changed note', ({ damage, head }) => damage('UPDATE head SET note = ?', head.note.replace('70000', '70001'))],
    [
      'a note without the time key’s line',
      ({ damage, head }) =>
        damage('UPDATE head SET note = ?', head.note.split('\n').slice(0, -2).join('\n').concat('\n')),
    ],
    [
      'a note signed by others',
      ({ damage, head }) =>
        damage('UPDATE head SET note = ?', head.note.replaceAll(identity.origin, 'log.example.com')),
    ],
    ['no checkpoint of its own', ({ damage }) => damage('DELETE FROM checkpoints WHERE size = 70000')],
    [
      'a checkpoint with another root',
      ({ damage, head }) => damage('UPDATE checkpoints SET root = ? WHERE size = 70000', flipped(head.root, 1)),
    ],
    [
      'a checkpoint whose note is damaged',
      ({ damage, head }) =>
        damage('UPDATE checkpoints SET note = ? WHERE size = 70000', head.note.replace(/.(=*\n)$/, '?$1')),
    ],
    [
      'a checkpoint beyond it',
      ({ damage, head }) =>
        damage("INSERT INTO checkpoints (size, root, time, note) VALUES (70001, ?, 1, 'note')", head.root),
    ],
    [
      'an entry beyond it',
      ({ damage, head }) => damage("INSERT INTO entries (idx, leaf, leaf_hash) VALUES (70000, x'00', ?)", head.root),
    ],
    ['a changed leaf among the newest', ({ damage }) => damage("UPDATE entries SET leaf = x'00' WHERE idx = 69800")],
    [
      'a changed leaf hash at the edge',
      ({ damage, head }) => damage('UPDATE entries SET leaf_hash = ? WHERE idx = 69999', head.root),
    ],
    [
      'a changed tile root',
      ({ damage, head }) => damage('UPDATE tiles SET root = ? WHERE position = ?', head.root, tilePosition(1, 0)),
    ],
  ])('is corrupt where it has %s', (_, damage) => {
    withLog((log) => {
      damage(log);
      expect(() => check(log)).toThrow(code('corrupt'));
    });
  });

  it('of a log without a genesis is none', () => {
    expect(() => checkHead(new MemoryStore(), identity)).toThrow(code('log_missing'));
  });
});

describe('the anchor', () => {
  const { logId } = identity;
  const check = (log: LargeLog, at: { size: number; root: Uint8Array } | undefined, own = identity) =>
    checkAnchor(log.rows, log.head, own, at && { logId, ...at }, undefined);

  it('stands where the log stands', () => withLog((log) => expect(check(log, log.head)).toBe('current')));

  it.each([1, 256, 40_000, 65_537])('is behind at a size the log extends, %d', (size) =>
    withLog((log) => expect(check(log, log.rows.checkpoint(size))).toBe('behind')),
  );

  it('is behind at a size no checkpoint was signed for, if the root is the tree’s', () =>
    withLog((log) => {
      const { edge } = checkHead(log.rows, identity);
      expect(check(log, { size: LARGE_SIZE, root: edge.root() })).toBe('current');
    }));

  it('is ahead: the database was rolled back', () =>
    withLog((log) => {
      const error = (() => {
        try {
          check(log, { size: LARGE_SIZE + 1, root: log.head.root });
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toEqual(code('rolled_back'));
    }));

  it('has another root at its size: another history', () =>
    withLog((log) => {
      for (const size of [LARGE_SIZE, 40_000]) {
        const root = flipped(log.rows.checkpoint(size)!.root, 200);
        expect(() => check(log, { size, root })).toThrow(code('rolled_back'));
      }
    }));

  it('is another log’s', () =>
    withLog((log) => {
      const record = { logId: flipped(logId, 0), size: 1, root: log.head.root };
      expect(() => checkAnchor(log.rows, log.head, identity, record, undefined)).toThrow(code('anchor_foreign'));
    }));

  it('is missing, which only a development log survives', () =>
    withLog((log) => {
      expect(check(log, undefined)).toBe('missing');
      expect(check(log, undefined, { ...identity, origin: 'dev-0a1b.localhost' })).toBe('missing-development');
      expect(check(log, undefined, { ...identity, origin: 'dev-0a1b.localhost.example.org' })).toBe('missing');
    }));

  it('is replaced by the head that the operator states, if that is the stored one', () =>
    withLog((log) => {
      const { size, root } = log.head;
      expect(checkAnchor(log.rows, log.head, identity, undefined, { size, root })).toBe('accepted');
      for (const stated of [
        { size: size - 1, root },
        { size, root: flipped(root, 9) },
      ]) {
        expect(() => checkAnchor(log.rows, log.head, identity, undefined, stated)).toThrow(code('rolled_back'));
      }
    }));
});
