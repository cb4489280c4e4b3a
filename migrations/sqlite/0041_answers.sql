-- What other systems wrote, once for each of their keys: the answer that they got.
CREATE TABLE api_answer (
    token_id INTEGER NOT NULL REFERENCES api_token (id),
    idempotency_key TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (token_id, idempotency_key)
) STRICT;
CREATE INDEX api_answer_by_time ON api_answer (recorded_at);
