-- What students do by themselves: what they hand in, who they are when they sign in, and the links by
-- which they do so without a password. Other systems ask with a token. Of every secret only a hash.

-- What was handed in with a claim.
CREATE TABLE attachment (
    decision_id INTEGER NOT NULL PRIMARY KEY REFERENCES decision (id),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    content BLOB NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE INDEX student_name_by_email ON student_name (email);
CREATE INDEX desk_case_by_student ON desk_case (student);

-- Whose a login is. It is bound when it first signs in, and stays so until a person ends it: logins
-- are given to other people, students are not.
CREATE TABLE student_login (
    id INTEGER PRIMARY KEY,
    provider TEXT NOT NULL CHECK (provider IN ('link', 'cas', 'oidc')),
    login TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX student_login_bound ON student_login (provider, login) WHERE ended_at IS NULL;
CREATE INDEX student_login_by_person ON student_login (person_id);

-- Somebody signed in whom nobody here knows, or as somebody else than before.
CREATE TABLE stray_login (
    id INTEGER PRIMARY KEY,
    provider TEXT NOT NULL CHECK (provider IN ('link', 'cas', 'oidc')),
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    claimed TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    words TEXT NOT NULL,
    asked_at INTEGER,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX stray_login_open ON stray_login (provider, login) WHERE ended_at IS NULL;

-- A link to sign in by, made when its mail is made, or handed over without one. It is used once, and soon.
CREATE TABLE sign_in_link (
    token_sha256 TEXT NOT NULL PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id),
    message_id INTEGER REFERENCES message (id),
    address TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX sign_in_link_by_message ON sign_in_link (message_id);

-- Who asked for a link, known or not: addresses as hashes, to count them.
CREATE TABLE link_request (
    id INTEGER PRIMARY KEY,
    address_sha256 TEXT NOT NULL,
    network TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX link_request_by_address ON link_request (address_sha256, at);
CREATE INDEX link_request_by_network ON link_request (network, at);

-- Other systems.
CREATE TABLE api_token (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    token_sha256 TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    ends_on TEXT NOT NULL CHECK (ends_on IS date(ends_on)),
    used_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX api_token_by_name ON api_token (name) WHERE revoked_at IS NULL;

CREATE TRIGGER attachment_no_update BEFORE UPDATE ON attachment
    BEGIN SELECT RAISE (ABORT, 'attachment is append-only'); END;
CREATE TRIGGER attachment_no_delete BEFORE DELETE ON attachment
    BEGIN SELECT RAISE (ABORT, 'attachment is append-only'); END;
CREATE TRIGGER student_login_no_delete BEFORE DELETE ON student_login
    BEGIN SELECT RAISE (ABORT, 'student_login is never deleted'); END;
CREATE TRIGGER stray_login_no_delete BEFORE DELETE ON stray_login
    BEGIN SELECT RAISE (ABORT, 'stray_login is never deleted'); END;
CREATE TRIGGER api_token_no_delete BEFORE DELETE ON api_token
    BEGIN SELECT RAISE (ABORT, 'api_token is never deleted'); END;
