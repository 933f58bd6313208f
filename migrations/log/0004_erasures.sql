-- Erasure. The row of an erased payload stays as a marker: the hash by which the payload is refused from then on, and
-- the statement of the log that says so. Its bytes and its type are gone.
ALTER TABLE payloads ADD COLUMN erased_by INTEGER;

-- traces: 1 until nothing of the payload is left in free space, the write-ahead log and index.db.
CREATE TABLE erasures (
  erased_by INTEGER PRIMARY KEY CHECK (erased_by >= 0),
  sha256    BLOB    NOT NULL UNIQUE CHECK (length(sha256) = 32),
  traces    INTEGER NOT NULL CHECK (traces IN (0, 1))
) STRICT;

CREATE TRIGGER payloads_erased_whole BEFORE UPDATE ON payloads
  WHEN NEW.erased_by IS NOT NULL AND (length(NEW.bytes) > 0 OR NEW.type <> '' OR NEW.sha256 <> OLD.sha256)
  BEGIN SELECT RAISE(ABORT, 'an erased payload has no bytes and no type'); END;
CREATE TRIGGER payloads_stay_erased BEFORE UPDATE ON payloads WHEN OLD.erased_by IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'an erased payload is never brought back'); END;
CREATE TRIGGER erased_payloads_stay BEFORE DELETE ON payloads WHEN OLD.erased_by IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'the marker of an erased payload stays'); END;
CREATE TRIGGER erasures_stay BEFORE DELETE ON erasures BEGIN SELECT RAISE(ABORT, 'erasures are append-only'); END;
CREATE TRIGGER erasures_keep BEFORE UPDATE ON erasures
  WHEN NEW.erased_by <> OLD.erased_by OR NEW.sha256 <> OLD.sha256 OR NEW.traces > OLD.traces
  BEGIN SELECT RAISE(ABORT, 'of an erasure only its traces go'); END;
