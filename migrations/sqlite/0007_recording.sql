-- A large statement is written chunk by chunk while nobody sees it: to everybody else it waits. One of
-- an account at a time; whoever comes next to the account goes on with it.

CREATE TABLE recording (
    bank_account_id INTEGER NOT NULL PRIMARY KEY REFERENCES bank_account (id),
    statement_id INTEGER NOT NULL UNIQUE REFERENCES statement (id)
) STRICT;

-- The students whom it touches: marked to be settled when it is published.
CREATE TABLE recording_mark (
    statement_id INTEGER NOT NULL REFERENCES statement (id),
    person_id INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (statement_id, person_id)
) STRICT, WITHOUT ROWID;

-- Marks are taken in the order of their students.
CREATE INDEX settle_mark_by_person ON settle_mark (person_id);
