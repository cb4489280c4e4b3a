-- Money of which it is known whose it is, and not what it is for: what settlement concluded, so that
-- who reads the review queue need not fold everybody of whom a text names two fees.
CREATE TABLE held_lot (
    credit_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (credit_id, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX held_lot_by_person ON held_lot (person_id);

-- Those whom it can concern are settled once more.
INSERT INTO settle_mark (person_id)
SELECT DISTINCT person_id FROM (
    SELECT r.person_id, t.entry_id
      FROM receivable r CROSS JOIN entry_token t
     WHERE t.token = upper(r.external_id)
     GROUP BY r.person_id, t.entry_id
    HAVING COUNT(DISTINCT r.id) > 1) AS named
 ORDER BY person_id;
