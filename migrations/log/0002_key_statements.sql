-- Where the log names a key that it got after its genesis: found at every start without reading the log. Written in the
-- transaction that appends the statement; a key is named once.
CREATE TABLE key_statements (
  role TEXT    PRIMARY KEY,
  idx  INTEGER NOT NULL UNIQUE CHECK (idx > 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER key_statements_keep BEFORE UPDATE ON key_statements BEGIN SELECT RAISE(ABORT, 'a key is named once'); END;
CREATE TRIGGER key_statements_stay BEFORE DELETE ON key_statements BEGIN SELECT RAISE(ABORT, 'a key is named once'); END;
