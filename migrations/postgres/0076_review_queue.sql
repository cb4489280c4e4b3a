-- What waits for a person to tell whose it is, in the order in which the office reads it: a conclusion,
-- written beside the identification that it rests on, so that a page of the queue reads its own rows alone.
CREATE TABLE waiting_entry (
    entry_id BIGINT NOT NULL PRIMARY KEY REFERENCES entry (id),
    -- The statement that is being recorded: until it is published, nobody sees the entry.
    coming BIGINT REFERENCES statement (id),
    bank_account_id BIGINT NOT NULL REFERENCES bank_account (id),
    crediting_date DATE NOT NULL,
    public_id TEXT COLLATE "C" NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX waiting_entry_in_order ON waiting_entry (crediting_date, public_id, entry_id, bank_account_id, coming);

INSERT INTO waiting_entry (entry_id, coming, bank_account_id, crediting_date, public_id, reason)
SELECT entry_id, coming, bank_account_id, crediting_date, public_id, reason
  FROM (SELECT i.entry_id, i.reason, s.bank_account_id, e.crediting_date, e.public_id,
               CASE WHEN s.status = 'waiting' THEN s.id END AS coming,
               row_number() OVER (PARTITION BY i.entry_id ORDER BY
                   CASE WHEN s.status = 'waiting' THEN 0 ELSE 1 END,
                   CASE e.crediting_source WHEN 'booking' THEN 0 WHEN 'value_by_profile' THEN 1
                                           WHEN 'statement' THEN 2 WHEN 'value' THEN 3 ELSE 0 END,
                   s.file_sha256, e.id) AS place
          FROM identification i
          JOIN entry e ON e.id = i.entry_id OR e.same_as = i.entry_id
          JOIN statement s ON s.id = e.statement_id
         WHERE i.outcome = 'review'
           AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
           AND (s.status IN ('published', 'known') OR s.status = 'waiting' AND e.same_as IS NULL)) AS sighted
 WHERE place = 1;
