-- As SQLite has it: where one text stands in another, from 1; 0 where it does not.
CREATE OR REPLACE FUNCTION instr(text, text) RETURNS INTEGER LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT strpos($1, $2)';

-- The words by which what waits is searched, folded; nothing where they are not folded yet.
ALTER TABLE waiting_entry ADD COLUMN words TEXT;
CREATE INDEX waiting_entry_unfolded ON waiting_entry (entry_id) WHERE words IS NULL;
