-- Whether mail may leave this database: the newest row holds. A copy is never armed by itself.
CREATE TABLE mail_arming (
    id INTEGER PRIMARY KEY,
    armed INTEGER NOT NULL CHECK (armed IN (0, 1)),
    place TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

-- Where these books are. A file knows nothing of its place: its backups are disarmed when they are made.
CREATE VIEW here AS SELECT '' AS place;

-- A database that is being filled from another one: nobody works with it before all is there.
CREATE TABLE database_copy (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    source TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER mail_arming_no_update BEFORE UPDATE ON mail_arming
    BEGIN SELECT RAISE (ABORT, 'mail_arming is append-only'); END;
CREATE TRIGGER mail_arming_no_delete BEFORE DELETE ON mail_arming
    BEGIN SELECT RAISE (ABORT, 'mail_arming is append-only'); END;
