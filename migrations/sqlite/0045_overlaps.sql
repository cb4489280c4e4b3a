-- A statement that shares days with others is written in chunks too. How its place was judged is kept
-- until it stands: the statements that share days with it, and the days of which they hold every line,
-- nothing where that is all of its days. Both are JSON.

ALTER TABLE recording ADD COLUMN others TEXT NOT NULL DEFAULT '[]';
ALTER TABLE recording ADD COLUMN shared_days TEXT DEFAULT '[]';

-- The entries of which it says more than was known: concluded again when it is published.
CREATE TABLE recording_seen (
    statement_id INTEGER NOT NULL REFERENCES statement (id),
    entry_id INTEGER NOT NULL REFERENCES entry (id),
    PRIMARY KEY (statement_id, entry_id)
) STRICT, WITHOUT ROWID;
