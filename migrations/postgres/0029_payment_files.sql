-- Files of refunds for the bank. A file is kept as it was written, so that it can be written again; a
-- refund is in one file that was not withdrawn.
CREATE TABLE payment_file (
    number BIGINT PRIMARY KEY,
    format TEXT NOT NULL CHECK (format IN ('elixir0', 'pain001')),
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    pay_on DATE NOT NULL,
    order_count BIGINT NOT NULL,
    sum_minor BIGINT NOT NULL CHECK (sum_minor > 0),
    content BYTEA NOT NULL,
    by_whom TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
);

CREATE TABLE payment_order (
    file_number BIGINT NOT NULL REFERENCES payment_file (number),
    decision_id BIGINT NOT NULL REFERENCES decision (id),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (file_number, decision_id)
);
CREATE INDEX payment_order_by_decision ON payment_order (decision_id);

CREATE TABLE payment_file_withdrawal (
    file_number BIGINT NOT NULL PRIMARY KEY REFERENCES payment_file (number),
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
);

CREATE TRIGGER payment_file_no_delete BEFORE DELETE ON payment_file
    FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_order_append_only BEFORE UPDATE OR DELETE ON payment_order
    FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_file_withdrawal_append_only BEFORE UPDATE OR DELETE ON payment_file_withdrawal
    FOR EACH ROW EXECUTE FUNCTION append_only();
