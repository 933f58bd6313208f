-- The look-up index: derived from log.db, disposable. Rows only ever move from one tier to the next.

CREATE TABLE tier1 (key INTEGER, idx INTEGER, PRIMARY KEY (key, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE tier2 (key INTEGER, idx INTEGER, PRIMARY KEY (key, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE tier3 (key INTEGER, idx INTEGER, PRIMARY KEY (key, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE tier4 (key INTEGER, idx INTEGER, PRIMARY KEY (key, idx)) STRICT, WITHOUT ROWID;

-- merged: entries [0, merged) are in the tiers.
-- fillN: entries whose keys lie in tier N, a partly moved tier counting as full until its last range has left.
-- moving: the tier whose rows are on their way to the next, 0 for none; range: the key range that goes next.
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
  range INTEGER NOT NULL CHECK (range BETWEEN 0 AND 63)
) STRICT;
