-- Papers that students took away, by their codes, and the addresses of their calendars: of every secret
-- only a hash.
CREATE TABLE issued_paper (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('statement', 'confirmation')),
    code_sha256 TEXT NOT NULL UNIQUE,
    file_sha256 TEXT NOT NULL,
    issued_on TEXT NOT NULL CHECK (issued_on IS date(issued_on)),
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX issued_paper_by_file ON issued_paper (file_sha256);
CREATE INDEX issued_paper_by_person ON issued_paper (person_id, issued_on);

CREATE TABLE calendar_address (
    token_sha256 TEXT NOT NULL PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id),
    recorded_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX calendar_address_open ON calendar_address (person_id) WHERE ended_at IS NULL;

CREATE TRIGGER issued_paper_no_update BEFORE UPDATE ON issued_paper
    BEGIN SELECT RAISE (ABORT, 'issued_paper is append-only'); END;
CREATE TRIGGER issued_paper_no_delete BEFORE DELETE ON issued_paper
    BEGIN SELECT RAISE (ABORT, 'issued_paper is append-only'); END;
