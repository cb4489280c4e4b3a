-- What lies on servers from which files are fetched, as it was seen there last: a file that looks the same
-- in two looks is whole, and one that was fetched is not fetched again.
CREATE TABLE remote_file (
    server TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    fetched_at INTEGER,
    PRIMARY KEY (server, name)
) STRICT, WITHOUT ROWID;
