-- What other systems wrote, once for each of their keys: the answer that they got.
CREATE TABLE api_answer (
    token_id BIGINT NOT NULL REFERENCES api_token (id),
    idempotency_key TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (token_id, idempotency_key)
);
CREATE INDEX api_answer_by_time ON api_answer (recorded_at);
