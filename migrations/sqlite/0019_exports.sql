-- What changed in the settlement of a fee since it was looked at last, for those who take it from here.
-- Written when it is asked for, numbered without a gap, never changed.
CREATE TABLE settlement_change (
    seq INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    receivable_id INTEGER NOT NULL REFERENCES receivable (id),
    person_id INTEGER NOT NULL REFERENCES person (id),
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    allocated_minor INTEGER NOT NULL,
    open_minor INTEGER NOT NULL,
    visible_from TEXT NOT NULL CHECK (visible_from IS date(visible_from)),
    due_on TEXT NOT NULL CHECK (due_on IS date(due_on)),
    settled_on TEXT CHECK (settled_on IS date(settled_on)),
    closed_by TEXT,
    gone INTEGER NOT NULL CHECK (gone IN (0, 1)),
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX settlement_change_by_item ON settlement_change (item, seq);

-- The changes of one file of the nightly folder.
CREATE TABLE settlement_file (
    number INTEGER PRIMARY KEY,
    behind_seq INTEGER NOT NULL,
    through_seq INTEGER NOT NULL CHECK (behind_seq < through_seq),
    is_written INTEGER NOT NULL CHECK (is_written IN (0, 1)),
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER settlement_change_no_update BEFORE UPDATE ON settlement_change
    BEGIN SELECT RAISE (ABORT, 'settlement_change is append-only'); END;
CREATE TRIGGER settlement_change_no_delete BEFORE DELETE ON settlement_change
    BEGIN SELECT RAISE (ABORT, 'settlement_change is append-only'); END;
CREATE TRIGGER settlement_file_no_delete BEFORE DELETE ON settlement_file
    BEGIN SELECT RAISE (ABORT, 'settlement_file is never deleted'); END;
