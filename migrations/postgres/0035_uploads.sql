-- Files that somebody handed in on a page, until they have seen what would happen and said so. They
-- prove nothing: what is imported of them is kept where the books keep it.
CREATE TABLE upload (
    token TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('statements', 'students', 'fees', 'accounts')),
    as_of TEXT,
    by_whom TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    result TEXT
);
CREATE INDEX upload_by_age ON upload (recorded_at);

CREATE TABLE upload_file (
    token TEXT NOT NULL REFERENCES upload (token),
    place BIGINT NOT NULL,
    name TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (token, place)
);
