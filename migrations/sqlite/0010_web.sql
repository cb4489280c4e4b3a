-- Who works here and is signed in, and who did and looked at what.

CREATE TABLE staff (
    id INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('bursar', 'cos', 'auditor', 'administrator')),
    password TEXT NOT NULL,
    totp_secret TEXT NOT NULL,
    totp_used INTEGER NOT NULL,
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    recorded_at INTEGER NOT NULL
) STRICT;

-- Only the hash of what the browser holds: who reads the database can be nobody.
CREATE TABLE web_session (
    token_sha256 TEXT PRIMARY KEY,
    staff_id INTEGER REFERENCES staff (id),
    person_id INTEGER REFERENCES person (id),
    login TEXT NOT NULL,
    ticket TEXT,
    begun_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX web_session_by_staff ON web_session (staff_id);
CREATE INDEX web_session_by_ticket ON web_session (ticket);

-- Logins as hashes: people type passwords into the wrong field.
CREATE TABLE sign_in_attempt (
    id INTEGER PRIMARY KEY,
    login_sha256 TEXT NOT NULL,
    network TEXT NOT NULL,
    succeeded INTEGER NOT NULL CHECK (succeeded IN (0, 1)),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_attempt_by_login ON sign_in_attempt (login_sha256, at);
CREATE INDEX sign_in_attempt_by_network ON sign_in_attempt (network, at);

CREATE TABLE audit_event (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    what TEXT NOT NULL,
    about TEXT NOT NULL,
    detail TEXT NOT NULL,
    once TEXT UNIQUE
) STRICT;
CREATE INDEX audit_event_by_about ON audit_event (about, id);

-- Each seal covers its event and the seal before it.
CREATE TABLE audit_seal (
    place INTEGER PRIMARY KEY,
    event_id INTEGER NOT NULL UNIQUE REFERENCES audit_event (id),
    sha256 TEXT NOT NULL
) STRICT;

CREATE TRIGGER staff_no_delete BEFORE DELETE ON staff
    BEGIN SELECT RAISE (ABORT, 'staff is never deleted'); END;
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
    BEGIN SELECT RAISE (ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
    BEGIN SELECT RAISE (ABORT, 'audit_event is append-only'); END;
CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal
    BEGIN SELECT RAISE (ABORT, 'audit_seal is append-only'); END;
CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal
    BEGIN SELECT RAISE (ABORT, 'audit_seal is append-only'); END;
