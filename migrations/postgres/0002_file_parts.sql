-- The bytes of a file in parts, so that a large one is neither kept nor read whole.

CREATE TABLE file_part (
    sha256 TEXT NOT NULL REFERENCES file (sha256),
    part BIGINT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (sha256, part)
);

INSERT INTO file_part (sha256, part, content) SELECT sha256, 0, content FROM file;
ALTER TABLE file DROP COLUMN content;

CREATE TRIGGER file_part_append_only BEFORE UPDATE OR DELETE ON file_part
    FOR EACH ROW EXECUTE FUNCTION append_only();
