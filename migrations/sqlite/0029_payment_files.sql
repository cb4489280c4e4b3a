-- Files of refunds for the bank. A file is kept as it was written, so that it can be written again; a
-- refund is in one file that was not withdrawn.
CREATE TABLE payment_file (
    number INTEGER PRIMARY KEY,
    format TEXT NOT NULL CHECK (format IN ('elixir0', 'pain001')),
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    pay_on TEXT NOT NULL CHECK (pay_on IS date(pay_on)),
    order_count INTEGER NOT NULL,
    sum_minor INTEGER NOT NULL CHECK (sum_minor > 0),
    content BLOB NOT NULL,
    by_whom TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE payment_order (
    file_number INTEGER NOT NULL REFERENCES payment_file (number),
    decision_id INTEGER NOT NULL REFERENCES decision (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (file_number, decision_id)
) STRICT;
CREATE INDEX payment_order_by_decision ON payment_order (decision_id);

CREATE TABLE payment_file_withdrawal (
    file_number INTEGER NOT NULL PRIMARY KEY REFERENCES payment_file (number),
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER payment_file_no_delete BEFORE DELETE ON payment_file
    BEGIN SELECT RAISE (ABORT, 'payment_file is never deleted'); END;
CREATE TRIGGER payment_order_no_update BEFORE UPDATE ON payment_order
    BEGIN SELECT RAISE (ABORT, 'payment_order is append-only'); END;
CREATE TRIGGER payment_order_no_delete BEFORE DELETE ON payment_order
    BEGIN SELECT RAISE (ABORT, 'payment_order is append-only'); END;
CREATE TRIGGER payment_file_withdrawal_no_update BEFORE UPDATE ON payment_file_withdrawal
    BEGIN SELECT RAISE (ABORT, 'payment_file_withdrawal is append-only'); END;
CREATE TRIGGER payment_file_withdrawal_no_delete BEFORE DELETE ON payment_file_withdrawal
    BEGIN SELECT RAISE (ABORT, 'payment_file_withdrawal is append-only'); END;
