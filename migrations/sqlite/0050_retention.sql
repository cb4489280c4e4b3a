-- What is erased when its time is over, and what stays so that the books can still be verified.

-- What was erased: a file by its hash, a confirmation, a payment file, a student by row, the audit log
-- through a place. `sha256` proves what stays, or says what was there.
CREATE TABLE tombstone (
    class TEXT NOT NULL,
    about TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (class, about)
) STRICT;

-- Nothing of a student, or of nobody in particular: of everybody, is erased as long as one is open.
CREATE TABLE legal_hold (
    id INTEGER PRIMARY KEY,
    person_id INTEGER REFERENCES person (id),
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    ended_by TEXT,
    ended_at INTEGER
) STRICT;

CREATE TRIGGER tombstone_no_update BEFORE UPDATE ON tombstone
    BEGIN SELECT RAISE (ABORT, 'tombstone is append-only'); END;
CREATE TRIGGER tombstone_no_delete BEFORE DELETE ON tombstone
    BEGIN SELECT RAISE (ABORT, 'tombstone is append-only'); END;
CREATE TRIGGER legal_hold_no_delete BEFORE DELETE ON legal_hold
    BEGIN SELECT RAISE (ABORT, 'legal_hold is never deleted'); END;

-- What was append-only goes where a tombstone stands, and nowhere else.
DROP TRIGGER file_part_no_delete;
CREATE TRIGGER file_part_no_delete BEFORE DELETE ON file_part
    WHEN NOT EXISTS (SELECT 1 FROM tombstone WHERE class = 'statements' AND about = OLD.sha256)
    BEGIN SELECT RAISE (ABORT, 'file_part is append-only'); END;
DROP TRIGGER entry_token_no_delete;
CREATE TRIGGER entry_token_no_delete BEFORE DELETE ON entry_token
    WHEN NOT EXISTS (SELECT 1 FROM tombstone t JOIN statement s ON s.file_sha256 = t.about
                      WHERE t.class = 'statements' AND s.id = OLD.entry_id / 16777216)
    BEGIN SELECT RAISE (ABORT, 'entry_token is append-only'); END;
DROP TRIGGER attachment_no_delete;
CREATE TRIGGER attachment_no_delete BEFORE DELETE ON attachment
    WHEN NOT EXISTS (SELECT 1 FROM tombstone
                      WHERE class = 'confirmations' AND about = CAST(OLD.decision_id AS TEXT))
    BEGIN SELECT RAISE (ABORT, 'attachment is append-only'); END;

-- Words may be emptied; everything else stays.
DROP TRIGGER message_event_no_update;
CREATE TRIGGER message_event_no_update BEFORE UPDATE ON message_event
    WHEN NEW.detail <> ''
      OR (NEW.id, NEW.message_id, NEW.state, NEW.by_whom, NEW.recorded_at)
         IS NOT (OLD.id, OLD.message_id, OLD.state, OLD.by_whom, OLD.recorded_at)
    BEGIN SELECT RAISE (ABORT, 'message_event is append-only'); END;
DROP TRIGGER case_event_no_update;
CREATE TRIGGER case_event_no_update BEFORE UPDATE ON case_event
    WHEN NEW.detail <> ''
      OR (NEW.id, NEW.case_id, NEW.what, NEW.by_whom, NEW.recorded_at)
         IS NOT (OLD.id, OLD.case_id, OLD.what, OLD.by_whom, OLD.recorded_at)
    BEGIN SELECT RAISE (ABORT, 'case_event is append-only'); END;
DROP TRIGGER audit_event_no_update;
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
    WHEN (NEW.id, NEW.at) IS NOT (OLD.id, OLD.at) OR NEW.once IS NOT NULL
      OR NEW.who || NEW.role || NEW.what || NEW.about || NEW.detail <> ''
    BEGIN SELECT RAISE (ABORT, 'audit_event is append-only'); END;
-- What a student said in their own words stands beside the decision that it became.
DROP TRIGGER decision_no_update;
CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision
    WHEN NEW.why <> '' OR OLD.kind NOT IN ('claim', 'dispute', 'deferral', 'instalments')
      OR (NEW.id, NEW.kind, NEW.person_id, NEW.other_person_id, NEW.receivable_id, NEW.entry_id,
          NEW.other_entry_id, NEW.amount_minor, NEW.acts_on, NEW.day, NEW.detail, NEW.needs_second,
          NEW.by_whom, NEW.recorded_at)
         IS NOT (OLD.id, OLD.kind, OLD.person_id, OLD.other_person_id, OLD.receivable_id, OLD.entry_id,
          OLD.other_entry_id, OLD.amount_minor, OLD.acts_on, OLD.day, OLD.detail, OLD.needs_second,
          OLD.by_whom, OLD.recorded_at)
    BEGIN SELECT RAISE (ABORT, 'decision is append-only'); END;
