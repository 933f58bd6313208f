-- The memory of a witness: who it is, and for each log the newest checkpoint that it cosigned.

CREATE TABLE witness (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- C2SP verifier key of its cosignatures.
  verifier_key TEXT NOT NULL
) STRICT;

CREATE TABLE heads (
  origin TEXT PRIMARY KEY,
  size INTEGER NOT NULL CHECK (size >= 0),
  root BLOB NOT NULL CHECK (length(root) = 32),
  time INTEGER NOT NULL CHECK (time > 0),
  note TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Whatever a program does: sizes and times only grow, and one size has one root for ever.
CREATE TRIGGER heads_only_grow BEFORE UPDATE ON heads
WHEN new.origin <> old.origin OR new.size < old.size OR new.time < old.time
  OR (new.size = old.size AND new.root <> old.root)
BEGIN
  SELECT RAISE(ABORT, 'a cosigned head only grows');
END;

CREATE TRIGGER heads_stay BEFORE DELETE ON heads
BEGIN
  SELECT RAISE(ABORT, 'a cosigned head is never forgotten');
END;
