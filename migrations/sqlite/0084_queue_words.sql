-- The words by which what waits is searched, folded; nothing where they are not folded yet.
ALTER TABLE waiting_entry ADD COLUMN words TEXT;
CREATE INDEX waiting_entry_unfolded ON waiting_entry (entry_id) WHERE words IS NULL;
