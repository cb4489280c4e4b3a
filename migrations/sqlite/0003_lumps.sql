-- Money that one statement holds as a lump sum and another as its transactions: as long as one of
-- the parts stands, the lump is no money beside them.

CREATE TABLE lump_part (
    lump_id INTEGER NOT NULL REFERENCES entry (id),
    part_id INTEGER NOT NULL REFERENCES entry (id),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (lump_id, part_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX lump_part_by_part ON lump_part (part_id);

CREATE TRIGGER lump_part_no_update BEFORE UPDATE ON lump_part
    BEGIN SELECT RAISE (ABORT, 'lump_part is append-only'); END;
CREATE TRIGGER lump_part_no_delete BEFORE DELETE ON lump_part
    BEGIN SELECT RAISE (ABORT, 'lump_part is append-only'); END;

-- SQLite changes no CHECK: the table is made anew with one outcome more.
CREATE TABLE identification_3 (
    entry_id INTEGER NOT NULL REFERENCES entry (id),
    seq INTEGER NOT NULL,
    part INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN
        ('student', 'review', 'not_student', 'reversal', 'refund', 'refund_returned', 'sweep', 'charge', 'other',
         'detailed')),
    person_id INTEGER REFERENCES person (id),
    amount_minor INTEGER NOT NULL,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    nrb TEXT,
    other_entry_id INTEGER,
    decision_id INTEGER REFERENCES decision (id),
    posted_on TEXT NOT NULL CHECK (posted_on IS date(posted_on)),
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (entry_id, seq, part)
) STRICT;
INSERT INTO identification_3 SELECT * FROM identification;
DROP TABLE identification;
ALTER TABLE identification_3 RENAME TO identification;
CREATE INDEX identification_by_person ON identification (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX identification_by_other ON identification (other_entry_id) WHERE other_entry_id IS NOT NULL;
CREATE INDEX identification_in_review ON identification (entry_id) WHERE outcome = 'review';
CREATE TRIGGER identification_no_update BEFORE UPDATE ON identification
    BEGIN SELECT RAISE (ABORT, 'identification is append-only'); END;
CREATE TRIGGER identification_no_delete BEFORE DELETE ON identification
    BEGIN SELECT RAISE (ABORT, 'identification is append-only'); END;
