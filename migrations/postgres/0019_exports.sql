-- What changed in the settlement of a fee since it was looked at last, for those who take it from here.
-- Written when it is asked for, numbered without a gap, never changed.
CREATE TABLE settlement_change (
    seq BIGINT PRIMARY KEY,
    item TEXT NOT NULL,
    receivable_id BIGINT NOT NULL REFERENCES receivable (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    allocated_minor BIGINT NOT NULL,
    open_minor BIGINT NOT NULL,
    visible_from DATE NOT NULL,
    due_on DATE NOT NULL,
    settled_on DATE,
    closed_by TEXT,
    gone BIGINT NOT NULL CHECK (gone IN (0, 1)),
    recorded_at BIGINT NOT NULL
);
CREATE INDEX settlement_change_by_item ON settlement_change (item, seq);

-- The changes of one file of the nightly folder.
CREATE TABLE settlement_file (
    number BIGINT PRIMARY KEY,
    behind_seq BIGINT NOT NULL,
    through_seq BIGINT NOT NULL CHECK (behind_seq < through_seq),
    is_written BIGINT NOT NULL CHECK (is_written IN (0, 1)),
    recorded_at BIGINT NOT NULL
);

CREATE TRIGGER settlement_change_append_only BEFORE UPDATE OR DELETE ON settlement_change
    FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER settlement_file_no_delete BEFORE DELETE ON settlement_file
    FOR EACH ROW EXECUTE FUNCTION append_only();
