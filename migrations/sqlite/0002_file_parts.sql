-- The bytes of a file in parts, so that a large one is neither kept nor read whole.

CREATE TABLE file_part (
    sha256 TEXT NOT NULL REFERENCES file (sha256),
    part INTEGER NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (sha256, part)
) STRICT;

INSERT INTO file_part (sha256, part, content) SELECT sha256, 0, content FROM file;
ALTER TABLE file DROP COLUMN content;

CREATE TRIGGER file_part_no_update BEFORE UPDATE ON file_part
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER file_part_no_delete BEFORE DELETE ON file_part
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
