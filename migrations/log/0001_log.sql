-- log.db: the truth. Everything is keyed by index or size, so that a commit only appends.

-- Who this log is. Written by init, pinned for ever.
CREATE TABLE log (
  id             INTEGER PRIMARY KEY CHECK (id = 1),
  origin         TEXT    NOT NULL,
  log_id         BLOB    NOT NULL CHECK (length(log_id) = 32),
  checkpoint_key TEXT    NOT NULL, -- C2SP verifier key
  time_key       TEXT    NOT NULL, -- C2SP verifier key
  statement_key  TEXT    NOT NULL  -- SubjectPublicKeyInfo, PEM
) STRICT;

-- The hash stands before the leaf, so that reading hashes never touches a leaf's overflow pages.
CREATE TABLE entries (
  idx       INTEGER PRIMARY KEY CHECK (idx >= 0),
  leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
  leaf      BLOB NOT NULL CHECK (length(leaf) BETWEEN 1 AND 65535)
) STRICT;

-- Full tiles only. position = level * 2^45 + index, so that each level appends at the end of its own range.
CREATE TABLE tiles (
  position INTEGER PRIMARY KEY CHECK (position >= 0),
  root     BLOB NOT NULL CHECK (length(root) = 32),
  hashes   BLOB NOT NULL CHECK (length(hashes) = 8192)
) STRICT;

-- The checkpoint of each commit, with the time at which its size was first signed.
CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY CHECK (size > 0),
  root BLOB    NOT NULL CHECK (length(root) = 32),
  time INTEGER NOT NULL CHECK (time > 0),
  note TEXT    NOT NULL
) STRICT;

-- The one row that moves: by compare-and-swap, in the transaction that appends the entries.
CREATE TABLE head (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL CHECK (size >= 0),
  root BLOB    NOT NULL CHECK (length(root) = 32),
  time INTEGER NOT NULL CHECK (time >= 0),
  note TEXT    NOT NULL
) STRICT;

-- Payloads can be erased without touching the tree, so this table has no append-only triggers.
CREATE TABLE payloads (
  idx         INTEGER PRIMARY KEY CHECK (idx >= 0),
  counts_from INTEGER NOT NULL CHECK (counts_from >= idx),
  sha256      BLOB    NOT NULL CHECK (length(sha256) = 32),
  type        TEXT    NOT NULL,
  bytes       BLOB    NOT NULL
) STRICT;

-- What came along and no signature binds: certificate chains, timestamps, key hints.
CREATE TABLE companions (
  idx      INTEGER NOT NULL CHECK (idx >= 0),
  position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 7),
  content  BLOB    NOT NULL,
  PRIMARY KEY (idx, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER log_keeps         BEFORE UPDATE ON log         BEGIN SELECT RAISE(ABORT, 'the log row never changes'); END;
CREATE TRIGGER log_stays         BEFORE DELETE ON log         BEGIN SELECT RAISE(ABORT, 'the log row never changes'); END;
CREATE TRIGGER entries_keep      BEFORE UPDATE ON entries     BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER entries_stay      BEFORE DELETE ON entries     BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
CREATE TRIGGER tiles_keep        BEFORE UPDATE ON tiles       BEGIN SELECT RAISE(ABORT, 'tiles are append-only'); END;
CREATE TRIGGER tiles_stay        BEFORE DELETE ON tiles       BEGIN SELECT RAISE(ABORT, 'tiles are append-only'); END;
CREATE TRIGGER checkpoints_keep  BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER checkpoints_stay  BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER companions_keep   BEFORE UPDATE ON companions  BEGIN SELECT RAISE(ABORT, 'companions are never replaced'); END;
CREATE TRIGGER head_stays        BEFORE DELETE ON head        BEGIN SELECT RAISE(ABORT, 'the head is never deleted'); END;
CREATE TRIGGER head_never_shrinks BEFORE UPDATE ON head
  WHEN NEW.size < OLD.size OR NEW.time < OLD.time OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
  BEGIN SELECT RAISE(ABORT, 'the head never goes back'); END;
