-- What lies on servers from which files are fetched, as it was seen there last: a file that looks the same
-- in two looks is whole, and one that was fetched is not fetched again.
CREATE TABLE remote_file (
    server TEXT NOT NULL,
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    fetched_at BIGINT,
    PRIMARY KEY (server, name)
);
