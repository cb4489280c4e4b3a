-- A run of messages that a brake holds: one person says how many are right, another says yes.
CREATE TABLE mass_mail (
    id INTEGER PRIMARY KEY,
    as_of TEXT NOT NULL CHECK (as_of IS date(as_of)),
    messages INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    ended_as TEXT CHECK (ended_as IN ('written', 'dropped')),
    ended_by TEXT,
    ended_at INTEGER
) STRICT;
-- One is open at most.
CREATE UNIQUE INDEX mass_mail_open ON mass_mail (as_of) WHERE ended_as IS NULL;
CREATE INDEX message_by_run ON message (run_id);
