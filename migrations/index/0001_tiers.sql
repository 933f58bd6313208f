-- The look-up index: derived from log.db, disposable. Rows only ever move from one tier to the next.

CREATE TABLE tier1 (key INTEGER, idx INTEGER, PRIMARY KEY (key, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE tier2 (key INTEGER, idx INTEGER, PRIMARY KEY (key, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE tier3 (key INTEGER, idx INTEGER, PRIMARY KEY (key, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE tier4 (key INTEGER, idx INTEGER, PRIMARY KEY (key, idx)) STRICT, WITHOUT ROWID;

-- merged: entries [0, merged) are in the tiers.
-- fillN: entries counted to tier N; they sum up to merged. A tier that is being moved keeps its count to the end.
-- moving: the tier whose rows are on their way to the next, 0 for none; moving_fill: its count when the move began;
-- next_range: which of the 64 key ranges goes next.
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  format INTEGER NOT NULL,
  log_id BLOB NOT NULL CHECK (length(log_id) = 32),
  salt BLOB NOT NULL CHECK (length(salt) = 16),
  merged INTEGER NOT NULL CHECK (merged >= 0),
  fill1 INTEGER NOT NULL CHECK (fill1 >= 0),
  fill2 INTEGER NOT NULL CHECK (fill2 >= 0),
  fill3 INTEGER NOT NULL CHECK (fill3 >= 0),
  fill4 INTEGER NOT NULL CHECK (fill4 >= 0),
  moving INTEGER NOT NULL CHECK (moving BETWEEN 0 AND 3),
  moving_fill INTEGER NOT NULL CHECK (moving_fill >= 0),
  next_range INTEGER NOT NULL CHECK (next_range BETWEEN 0 AND 63)
) STRICT;
