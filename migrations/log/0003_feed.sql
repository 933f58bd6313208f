-- The feed: which control statements are in effect, in their order. Written in the transaction that appends them.
CREATE TABLE feed (
  position  INTEGER PRIMARY KEY CHECK (position >= 0),
  idx       INTEGER NOT NULL UNIQUE CHECK (idx >= 0),
  statement INTEGER NOT NULL CHECK (statement > idx), -- the log's own statement that names it
  hash      BLOB    NOT NULL CHECK (length(hash) = 32) -- of its leaf in the feed's tree
) STRICT;

CREATE INDEX feed_by_statement ON feed (statement);

CREATE TRIGGER feed_keeps BEFORE UPDATE ON feed BEGIN SELECT RAISE(ABORT, 'the feed is append-only'); END;
CREATE TRIGGER feed_stays BEFORE DELETE ON feed BEGIN SELECT RAISE(ABORT, 'the feed is append-only'); END;
