-- Money that one statement holds as a lump sum and another as its transactions: as long as one of
-- the parts stands, the lump is no money beside them.

CREATE TABLE lump_part (
    lump_id BIGINT NOT NULL REFERENCES entry (id),
    part_id BIGINT NOT NULL REFERENCES entry (id),
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (lump_id, part_id)
);
CREATE INDEX lump_part_by_part ON lump_part (part_id);

CREATE TRIGGER lump_part_append_only BEFORE UPDATE OR DELETE ON lump_part
    FOR EACH ROW EXECUTE FUNCTION append_only();

ALTER TABLE identification DROP CONSTRAINT identification_outcome_check;
ALTER TABLE identification ADD CONSTRAINT identification_outcome_check CHECK (outcome IN
    ('student', 'review', 'not_student', 'reversal', 'refund', 'refund_returned', 'sweep', 'charge', 'other',
     'detailed'));
