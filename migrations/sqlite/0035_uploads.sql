-- Files that somebody handed in on a page, until they have seen what would happen and said so. They
-- prove nothing: what is imported of them is kept where the books keep it.
CREATE TABLE upload (
    token TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('statements', 'students', 'fees', 'accounts')),
    as_of TEXT,
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    result TEXT
) STRICT;
CREATE INDEX upload_by_age ON upload (recorded_at);

CREATE TABLE upload_file (
    token TEXT NOT NULL REFERENCES upload (token),
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (token, place)
) STRICT, WITHOUT ROWID;
